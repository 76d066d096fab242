//! ASCII in place of lines, blocks and whatever else a terminal without them would spoil. Cell by cell, after drawing, so
//! that no widget has to know.

use ratatui::buffer::Buffer;

/// What stands for what; anything else that is not ASCII becomes `?`.
const TABLE: [(&str, &str); 33] = [
    ("─", "-"),
    ("━", "-"),
    ("│", "|"),
    ("┃", "|"),
    ("┌", "+"),
    ("┐", "+"),
    ("└", "+"),
    ("┘", "+"),
    ("┏", "+"),
    ("┓", "+"),
    ("┗", "+"),
    ("┛", "+"),
    ("▁", "."),
    ("▂", "."),
    ("▃", ":"),
    ("▄", ":"),
    ("▅", "="),
    ("▆", "="),
    ("▇", "#"),
    ("█", "#"),
    ("▪", "#"),
    ("░", "."),
    ("▒", ":"),
    ("▓", "+"),
    ("→", ">"),
    ("←", "<"),
    ("↑", "^"),
    ("↓", "v"),
    ("›", ">"),
    ("…", "~"),
    ("·", "-"),
    ("◊", "*"),
    ("▌", "|"),
];

/// Turns every cell into ASCII.
pub fn ascii(buf: &mut Buffer) {
    for cell in &mut buf.content {
        let symbol = cell.symbol();
        if !symbol.is_ascii() {
            let plain = TABLE.iter().find(|(glyph, _)| *glyph == symbol).map_or("?", |(_, plain)| plain);
            cell.set_symbol(plain);
        }
    }
}
