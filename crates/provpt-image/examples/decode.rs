//! The RGB that is made of image files, for comparing it with another reader's.
//!
//! `decode LIST FOLDER` reads the files that LIST names, one a line, and leaves FOLDER/N.ppm or, with
//! the reason, FOLDER/N.txt for the Nth, from 0.

use std::error::Error;
use std::path::Path;

use provpt_image::decode_file;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, folder] = arguments.as_slice() else {
        return Err("expected a list and a folder".into());
    };
    for (i, path) in fs_err::read_to_string(list)?.lines().enumerate() {
        let (name, bytes) = match decode_file(path) {
            Ok(image) => {
                let head = format!("P6 {} {} 255\n", image.width(), image.height());
                (format!("{i}.ppm"), [head.as_bytes(), image.pixels()].concat())
            }
            Err(error) => (format!("{i}.txt"), error.to_string().into_bytes()),
        };
        fs_err::write(Path::new(folder).join(name), bytes)?;
    }
    Ok(())
}
