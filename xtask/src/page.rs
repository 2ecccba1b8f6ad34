//! The page: from the Rust of `frontend/` to the folder `frontend/dist/` that the server serves. It is some programs, and each has
//! an HTML file that loads it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::assets::{Assets, files_below};
use crate::process;
use crate::progress::{kilobytes, step};
use crate::toolchain::WASM;
use crate::workspace::Workspace;

/// How the page is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Soon ready.
    Quick,
    /// Small, with compressed siblings: what visitors get.
    Small,
}

impl Build {
    /// Cargo's options.
    fn options(self) -> &'static [&'static str] {
        match self {
            // The server's profile, whose build scripts and macros are then compiled once for both. Debug information
            // would only be parsed and thrown away.
            Self::Quick => &["--profile", "dev", "--config", "profile.dev.debug=false"],
            Self::Small => &["--profile", "wasm-release"],
        }
    }

    /// Where Cargo puts what it built.
    fn folder(self) -> &'static str {
        match self {
            Self::Quick => "debug",
            Self::Small => "wasm-release",
        }
    }
}

/// A program of the page.
struct Program {
    /// Its binary in `frontend/src/bin/`.
    name: &'static str,
    /// The file that loads it.
    html: &'static str,
    /// Folders with its CSS, in order.
    styles: &'static [&'static str],
}

const PROGRAMS: [Program; 4] = [
    Program { name: "settings", html: "index.html", styles: &["style"] },
    Program { name: "activity", html: "activity.html", styles: &["style", "style/log"] },
    Program { name: "cli", html: "cli.html", styles: &["style"] },
    Program { name: "admin", html: "admin.html", styles: &["style", "style/log", "style/admin"] },
];

/// Compiles the page and writes `frontend/dist/`. Leaves the folder as it is when nothing changed.
pub(crate) fn build(workspace: &Workspace, build: Build) -> Result<()> {
    step("building the page", || {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--package", "frontend", "--target", WASM]).args(build.options());
        process::check(&mut cargo, "the page doesn't compile: see above")?;
        let sources = Sources::read(workspace, build)?;
        let stamp_file = workspace.target.join("page.stamp");
        let dist = workspace.root.join("frontend/dist");
        let stamp = sources.stamp(build);
        if PROGRAMS.iter().all(|program| dist.join(program.html).is_file())
            && fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp)
        {
            return Ok(());
        }
        // Whatever happens from here on, the folder no longer is what the stamp says.
        fs::write(&stamp_file, "")?;
        let views = write(&sources, &workspace.target.join("page"), Assets::new(dist, build == Build::Small))?;
        if build == Build::Small {
            for view in views {
                println!("  over the wire: {view}");
            }
        }
        fs::write(&stamp_file, stamp).context("can't note that the page is built")
    })
}

/// Everything the page is made of.
struct Sources {
    /// In the order of [`PROGRAMS`].
    programs: Vec<Compiled>,
    boot: String,
    index: String,
    /// Files that keep their names, with the name under `assets/`.
    public: Vec<(String, Vec<u8>)>,
}

/// What a program is made of.
struct Compiled {
    program: &'static Program,
    wasm: Vec<u8>,
    css: Vec<u8>,
}

impl Compiled {
    fn read(program: &'static Program, workspace: &Workspace, build: Build) -> Result<Self> {
        let wasm = workspace.target.join(WASM).join(build.folder()).join(program.name).with_extension("wasm");
        let mut css = Vec::new();
        for folder in program.styles {
            for file in files_in(&workspace.root.join("frontend").join(folder))? {
                css.extend(read(&file)?);
                css.push(b'\n');
            }
        }
        Ok(Self { program, wasm: read(&wasm)?, css })
    }
}

impl Sources {
    fn read(workspace: &Workspace, build: Build) -> Result<Self> {
        let frontend = workspace.root.join("frontend");
        Ok(Self {
            programs: PROGRAMS.iter().map(|program| Compiled::read(program, workspace, build)).collect::<Result<_>>()?,
            boot: read_text(&frontend.join("boot.js"))?,
            index: read_text(&frontend.join("index.html"))?,
            public: read_below(&frontend.join("public"))?,
        })
    }

    /// Differs when anything that ends up in the folder differs.
    fn stamp(&self, build: Build) -> String {
        let mut hasher = blake3::Hasher::new();
        let named = self.public.iter().flat_map(|(name, content)| [name.as_bytes(), content]);
        let programs = self.programs.iter().flat_map(|compiled| [compiled.wasm.as_slice(), &compiled.css]);
        let shared = [build.folder().as_bytes(), self.boot.as_bytes(), self.index.as_bytes()];
        for part in shared.into_iter().chain(programs).chain(named) {
            hasher.update(blake3::hash(part).as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// A compiled program as browsers load it.
struct Script {
    js: Vec<u8>,
    wasm: Vec<u8>,
    /// Modules that the script imports from `./snippets/`.
    snippets: Vec<(String, Vec<u8>)>,
}

impl Script {
    fn generate(wasm: &[u8], folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let mut bindgen = Bindgen::new();
        bindgen.input_bytes("pat", wasm.to_vec()).web(true)?.typescript(false);
        bindgen.remove_name_section(true).remove_producers_section(true);
        // boot.js says where the WebAssembly is: its name carries a hash.
        bindgen.omit_default_module_path(true);
        bindgen.generate(folder).context("wasm-bindgen can't read the compiled page")?;
        Ok(Self {
            js: read(&folder.join("pat.js"))?,
            wasm: read(&folder.join("pat_bg.wasm"))?,
            snippets: read_below(&folder.join("snippets"))?,
        })
    }
}

/// Fills the folder. Returns what a browser loads for the first view of each program, in words.
fn write(sources: &Sources, scratch: &Path, mut assets: Assets) -> Result<Vec<String>> {
    for (name, content) in &sources.public {
        assets.add(&format!("assets/{name}"), content)?;
    }
    let views = sources.programs.iter().map(|compiled| write_program(compiled, sources, scratch, &mut assets)).collect::<Result<_>>()?;
    assets.remove_stale()?;
    Ok(views)
}

fn write_program(compiled: &Compiled, sources: &Sources, scratch: &Path, assets: &mut Assets) -> Result<String> {
    let Program { name, html, .. } = compiled.program;
    let script = Script::generate(&compiled.wasm, scratch)?;
    for (name, content) in &script.snippets {
        assets.add(&format!("assets/snippets/{name}"), content)?;
    }
    let (css, css_bytes) = assets.add_hashed(name, "css", &compiled.css)?;
    let (js, js_bytes) = assets.add_hashed(name, "js", &script.js)?;
    let (wasm, wasm_bytes) = assets.add_hashed(name, "wasm", &script.wasm)?;
    let boot = fill(&sources.boot, &[("js", &js), ("wasm", &wasm)]).context("in frontend/boot.js")?;
    let (boot, boot_bytes) = assets.add_hashed(&format!("{name}-boot"), "js", boot.as_bytes())?;
    let urls = [("css", css.as_str()), ("js", &js), ("wasm", &wasm), ("boot", &boot)];
    let index = fill(&sources.index, &urls).context("in frontend/index.html")?;
    // Last, because it names the others.
    let html_bytes = assets.add(html, index.as_bytes())?;
    let total = kilobytes(html_bytes + css_bytes + js_bytes + boot_bytes + wasm_bytes);
    let html = kilobytes(html_bytes);
    let css = kilobytes(css_bytes);
    let js = kilobytes(js_bytes + boot_bytes);
    let wasm = kilobytes(wasm_bytes);
    Ok(format!("{name} {total} (html {html}, css {css}, js {js}, wasm {wasm})"))
}

/// Puts values in the place of `{{name}}`.
fn fill(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let filled = values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    match filled.split_once("{{").and_then(|(_, rest)| rest.split_once("}}")) {
        Some((unknown, _)) => bail!("the placeholder {{{{{unknown}}}}} is unknown"),
        None => Ok(filled),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("can't read {}", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).with_context(|| format!("{} is not UTF-8", path.display()))
}

/// The files in a folder, without those of folders in it, in the order of their names.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = files_below(folder)?.into_iter();
    Ok(files.filter(|file| file.parent() == Some(folder)).collect())
}

/// All files below a folder, with their names relative to it.
fn read_below(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let named = |file: PathBuf| {
        let name = file.strip_prefix(folder)?.to_str().context("a file name is not UTF-8")?.to_owned();
        Ok((name, read(&file)?))
    };
    files_below(folder)?.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled() {
        let filled = fill("<link href=\"{{css}}\"><script src={{boot}}>", &[("css", "/a.css"), ("boot", "/b.js")]);
        assert_eq!(filled.unwrap(), "<link href=\"/a.css\"><script src=/b.js>");
    }

    #[test]
    fn an_unknown_placeholder_is_refused_by_name() {
        let error = fill("{{css}} {{icon}}", &[("css", "/a.css")]).unwrap_err();
        assert_eq!(error.to_string(), "the placeholder {{icon}} is unknown");
    }

    #[test]
    fn every_part_of_the_page_changes_its_stamp() {
        let compiled = |program, wasm: &[u8], css: &[u8]| Compiled { program, wasm: wasm.to_vec(), css: css.to_vec() };
        let [settings, .., admin] = &PROGRAMS;
        let sources = || Sources {
            programs: vec![compiled(settings, b"w", b"c"), compiled(admin, b"w", b"c")],
            boot: "b".into(),
            index: "i".into(),
            public: vec![("icon.svg".into(), b"<svg>".to_vec())],
        };
        let stamps = [
            sources().stamp(Build::Quick),
            sources().stamp(Build::Small),
            Sources { programs: vec![compiled(settings, b"W", b"c"), compiled(admin, b"w", b"c")], ..sources() }.stamp(Build::Quick),
            Sources { programs: vec![compiled(settings, b"w", b"c"), compiled(admin, b"W", b"c")], ..sources() }.stamp(Build::Quick),
            Sources { programs: vec![compiled(settings, b"w", b"c"), compiled(admin, b"w", b"C")], ..sources() }.stamp(Build::Quick),
            Sources { boot: "B".into(), ..sources() }.stamp(Build::Quick),
            Sources { index: "I".into(), ..sources() }.stamp(Build::Quick),
            Sources { public: vec![("icon.png".into(), b"<svg>".to_vec())], ..sources() }.stamp(Build::Quick),
            Sources { public: vec![("icon.svg".into(), b"<SVG>".to_vec())], ..sources() }.stamp(Build::Quick),
        ];
        let different: std::collections::BTreeSet<_> = stamps.iter().collect();
        assert_eq!(different.len(), stamps.len());
    }
}
