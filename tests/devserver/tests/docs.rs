//! The code in `docs/testing.md` is that of tests which run.

use std::{fs, path::Path};

#[test]
fn each_example_is_the_whole_file_that_is_named_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/testing.md")).expect("the page");
    let mut count = 0;
    for part in page.split("<!-- test: ").skip(1) {
        let (file, rest) = part.split_once(" -->\n").expect("a file");
        let code = rest.split("```").nth(1).expect("code");
        let (_, code) = code.split_once('\n').expect("a language");
        let file = fs::read_to_string(root.join(file)).expect(file);
        assert_eq!(code, file);
        count += 1;
    }
    assert_eq!(count, 4);
}
