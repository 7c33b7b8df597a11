//! Packs the table of traditional characters: sorted, as differences, it takes a third of the bytes of a hash table, and
//! every visitor downloads it.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut pairs: Vec<(u16, u16)> = Vec::new();
    for code in 0x3400..=0xfaff_u16 {
        let Some(c) = char::from_u32(u32::from(code)) else { continue };
        if let Some(simplified) = fast2s::convert(&c.to_string()).chars().next().filter(|s| *s != c) {
            pairs.push((code, u16::try_from(u32::from(simplified))?));
        }
    }
    // Differences below 255 in one byte; 255, then two bytes, for the few larger ones. After them the simplified ones.
    let mut bytes = u16::try_from(pairs.len())?.to_le_bytes().to_vec();
    let mut last = 0u16;
    for (code, _) in &pairs {
        match u8::try_from(code - last) {
            Ok(small) if small < 255 => bytes.push(small),
            _ => {
                bytes.push(255);
                bytes.extend((code - last).to_le_bytes());
            }
        }
        last = *code;
    }
    bytes.extend(pairs.iter().flat_map(|(_, simplified)| simplified.to_le_bytes()));
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("simplified.bin"), bytes)?;
    Ok(())
}
