//! Damaged files, and files made to do harm.

use super::*;

#[test]
fn truncated_files_are_named_as_damaged_at_every_length() {
    for (file, format, _) in VIT {
        let bytes = std::fs::read(fixture(file)).unwrap();
        let early = (513..2500).step_by(97);
        let rest = (2500..bytes.len()).step_by(bytes.len() / 60);
        for len in early.chain(rest).chain([bytes.len() - 1]) {
            let text = message(file, &bytes[..len]);
            let start =
                format!("backbone {file}: expected a whole {format} file, got a damaged one: ");
            assert!(text.starts_with(&start), "{len} bytes of {file}: {text}");
        }
        for len in 0..512 {
            message(file, &bytes[..len]);
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    for (file, ..) in VIT {
        let bytes = std::fs::read(fixture(file)).unwrap();
        let path = folder.path().join(file);
        let ends = (0..3000).chain(bytes.len().saturating_sub(3000)..bytes.len());
        for (turn, at) in ends.step_by(11).enumerate() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (turn % 8);
            std::fs::write(&path, &flipped).unwrap();
            // A flipped value is a value; whatever else comes of it must be an error with a path.
            if let Err(error) = open(&path) {
                assert!(error.to_string().contains(file), "byte {at} of {file}: {error}");
            }
        }
    }
}

#[test]
fn pickles_run_no_code() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("executed");
    let call = format!("cposix\nsystem\n(S'touch {}'\ntR", mark.display());
    let alone = [b"\x80\x02", call.as_bytes(), b"."].concat();
    let in_dict = [b"\x80\x02}S'cls_token'\n", call.as_bytes(), b"s."].concat();
    let built = [b"\x80\x02}S'norm.weight'\n", call.as_bytes(), b"}bs."].concat();
    for pickle in [alone, in_dict, built] {
        let path = folder.path().join("x.pth");
        std::fs::write(&path, pickle).unwrap();
        let error = open(&path).unwrap_err();
        assert!(error.to_string().contains("x.pth"), "{error}");
        assert!(!mark.exists(), "the pickle was executed");
    }
}

#[test]
fn npz_headers_are_not_trusted() {
    let npz = |header: &str| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("embedding/kernel.npy", zip::write::SimpleFileOptions::default()).unwrap();
        let len = u16::try_from(header.len()).unwrap().to_le_bytes();
        let npy = [b"\x93NUMPY\x01\x00".as_slice(), &len, header.as_bytes()].concat();
        std::io::Write::write_all(&mut zip, &npy).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let plain =
        |shape: &str| format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n");
    let start = "backbone x.npz: expected a whole npz file, got a damaged one: embedding/kernel: ";
    let cases = [
        (plain("(0, 4294967296, 4294967296)"), "expected a smaller array"),
        (plain("(4294967296,)"), "expected shape [4294967296], got 0 bytes"),
        (plain(&"(".repeat(900)), "expected a plain array, got a structured one"),
        ("x".repeat(2000), "expected an npy header"),
        (plain("'x'"), ""),
    ];
    for (header, cause) in cases {
        let text = message("x.npz", &npz(&header));
        assert!(text.starts_with(start) && text.contains(cause), "{text}");
    }
}
