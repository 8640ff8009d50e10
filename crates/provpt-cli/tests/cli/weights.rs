use crate::common::{fixture, run, succeed, temp};

#[test]
fn checkpoints_are_described() {
    let cases = [
        ("vit.google.npz", "npz", "Google"),
        ("vit.timm.safetensors", "safetensors", "timm"),
        ("vit.hf.safetensors", "safetensors", "Hugging Face"),
        ("vit.model.pth", "PyTorch", "timm"),
        ("vit.mocov3.pth.tar", "PyTorch", "timm"),
    ];
    for (name, format, naming) in cases {
        let path = fixture(name);
        let words = ["weights".as_ref(), "inspect".as_ref(), path.as_os_str()];
        let text = succeed(words.into_iter().chain(["--heads".as_ref(), "4".as_ref()]));
        let line = |start: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(start));
            line.unwrap_or_else(|| panic!("{name}: no {start} in {text}")).trim().to_owned()
        };
        assert_eq!((line("format").as_str(), line("naming").as_str()), (format, naming));
        assert_eq!(line("blocks"), "4, width 32, 4 heads, MLP 128");
        assert!(line("tokens").starts_with("17 (images of 32x32, patches of 8x8)"), "{text}");
        assert!(line("pixels").contains("assumed: no record of a backbone of this name"));
        assert_eq!(line("sha256").len(), 64);
        assert_eq!(line("pos-embed"), "as in the file");
    }
}

#[test]
fn heads_are_dropped_by_name_and_position_embeddings_resampled() {
    let path = fixture("vit.google.npz");
    let words = ["weights".as_ref(), "inspect".as_ref(), path.as_os_str(), "--heads=4".as_ref()];
    let text = succeed(words.into_iter().chain(["--image-size=48".as_ref()]));
    assert!(text.contains("pre_logits/kernel"), "{text}");
    assert!(text.contains("resampled from 4x4 to 6x6 (zoom)"), "{text}");
}

#[test]
fn dinov2_shows_its_layer_scale() {
    let path = fixture("dinov2.hf.safetensors");
    let words = ["weights".as_ref(), "inspect".as_ref(), path.as_os_str(), "--heads=4".as_ref()];
    assert!(succeed(words).contains(", LayerScale\n"));
}

#[test]
fn garbage_is_no_checkpoint() {
    let folder = temp();
    let path = folder.path().join("weights.npz");
    let inspect = || run(["weights".as_ref(), "inspect".as_ref(), path.as_os_str()]);
    inspect().failed(2, "weights.npz", "");
    for (bytes, got) in [
        (&b"<html>404</html>"[..], "got a web page"),
        (b"", "got an empty file"),
        (b"\x01\x02garbage that goes on for a while", "got bytes `\\x01\\x02garbage"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let expected = "expected a safetensors, npz or PyTorch checkpoint, ";
        inspect().failed(2, &format!("{expected}{got}"), "get it again");
    }
}
