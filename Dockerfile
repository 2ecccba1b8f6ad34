# syntax=docker/dockerfile:1
# One self-contained server binary in a small image: `docker build -t pat-server .`

FROM rust:1.95-slim-bookworm AS build
# The image's own toolchain: rust-toolchain.toml's `stable` would be downloaded a second time.
ENV RUSTUP_TOOLCHAIN=${RUST_VERSION}
RUN rustup target add wasm32-unknown-unknown
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo xtask dist && cp target/release/pat-server /pat-server

FROM debian:bookworm-slim
COPY --from=build /pat-server /usr/local/bin/pat-server
# What a database's certificate is checked with, unless DATABASE_CA names another file.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# A number, so that orchestrators can see that it isn't root.
USER 10001:10001
ENV LISTEN=0.0.0.0:3000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["pat-server", "healthcheck"]
ENTRYPOINT ["pat-server"]
CMD ["serve"]
