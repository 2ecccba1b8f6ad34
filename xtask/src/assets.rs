//! The folder of the finished page: names that carry a hash of the content, compressed siblings, nothing stale.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

/// What browsers gain from receiving compressed; images and fonts are compressed already.
const COMPRESSIBLE: [&str; 7] = ["css", "html", "js", "json", "svg", "txt", "wasm"];

/// The folder while it is filled.
pub(crate) struct Assets {
    folder: PathBuf,
    compress: bool,
    kept: BTreeSet<PathBuf>,
}

impl Assets {
    /// Starts to fill a folder. Compressing costs seconds, so development leaves it.
    pub(crate) fn new(folder: PathBuf, compress: bool) -> Self {
        Self { folder, compress, kept: BTreeSet::new() }
    }

    /// Adds a file under `assets/` with its hash in the name. Returns the URL and the bytes over the wire.
    pub(crate) fn add_hashed(&mut self, stem: &str, extension: &str, content: &[u8]) -> Result<(String, usize)> {
        let name = format!("assets/{}", hashed_name(stem, extension, content));
        let bytes = self.add(&name, content)?;
        Ok((format!("/{name}"), bytes))
    }

    /// Adds a file under its own name. Returns the bytes over the wire: compressed, where it is.
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) -> Result<usize> {
        self.write(name, content)?;
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if !self.compress || !COMPRESSIBLE.contains(&extension) {
            return Ok(content.len());
        }
        let brotli = brotli(content).with_context(|| format!("can't compress {name}"))?;
        self.write(&format!("{name}.br"), &brotli)?;
        self.write(&format!("{name}.gz"), &gzip(content).with_context(|| format!("can't compress {name}"))?)?;
        Ok(brotli.len())
    }

    /// Removes everything that wasn't added this time.
    pub(crate) fn remove_stale(&self) -> Result<()> {
        for file in files_below(&self.folder)? {
            if !self.kept.contains(&file) {
                fs::remove_file(&file).with_context(|| format!("can't remove {}", file.display()))?;
            }
        }
        Ok(())
    }

    /// Writes under another name first: a server that reads the folder meanwhile sees the old file or the new one.
    fn write(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        let unfinished = self.folder.join(format!("{name}.new"));
        let said = || format!("can't write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&self.folder)).with_context(said)?;
        fs::write(&unfinished, content).with_context(said)?;
        fs::rename(&unfinished, &path).with_context(said)?;
        self.kept.insert(path);
        Ok(())
    }
}

/// All files in a folder and below, in the order of their names; none when there is no such folder.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let said = || format!("can't read {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(said)? {
        let path = entry.with_context(said)?.path();
        if path.is_dir() { files.extend(files_below(&path)?) } else { files.push(path) }
    }
    files.sort();
    Ok(files)
}

/// `pat-0123456789abcdef.js`: a browser may keep such a file forever.
fn hashed_name(stem: &str, extension: &str, content: &[u8]) -> String {
    let hash: String = blake3::hash(content).to_hex().chars().take(16).collect();
    format!("{stem}-{hash}.{extension}")
}

fn brotli(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_name_carries_the_hash_of_the_content() {
        // The first 16 characters of BLAKE3 of nothing, from its specification.
        assert_eq!(hashed_name("pat", "js", b""), "pat-af1349b9f5f9a1a6.js");
        assert_ne!(hashed_name("pat", "js", b"a"), hashed_name("pat", "js", b"b"));
    }

    #[test]
    fn compressed_files_unpack_to_the_original() {
        let content = b"the same words, the same words, the same words".as_slice();
        let mut unpacked = Vec::new();
        brotli::Decompressor::new(brotli(content).unwrap().as_slice(), 4096).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, content);
        unpacked.clear();
        flate2::read::GzDecoder::new(gzip(content).unwrap().as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, content);
    }

    #[test]
    fn a_second_page_leaves_nothing_of_the_first() {
        let folder = std::env::temp_dir().join(format!("pat-xtask-assets-{}", std::process::id()));
        let names = || -> Vec<String> {
            let files = files_below(&folder).unwrap();
            files.iter().map(|file| file.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned()).collect()
        };
        let mut first = Assets::new(folder.clone(), true);
        let (url, bytes) = first.add_hashed("pat", "css", &[b'a'; 1000]).unwrap();
        first.add("index.html", b"<p>").unwrap();
        first.remove_stale().unwrap();
        assert!(bytes < 100, "{bytes} bytes over the wire");
        let css = url.strip_prefix('/').unwrap();
        assert_eq!(names(), [css, &format!("{css}.br"), &format!("{css}.gz"), "index.html", "index.html.br", "index.html.gz"]);

        let mut second = Assets::new(folder.clone(), false);
        second.add("index.html", b"<p>").unwrap();
        second.remove_stale().unwrap();
        assert_eq!(names(), ["index.html"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
