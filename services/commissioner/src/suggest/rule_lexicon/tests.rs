//! How a demand and an achievement are read into words, troubles and wishes.

use super::*;

fn lexicon() -> Lexicon {
    toml::from_str(include_str!("../lexicon.toml")).unwrap()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_demand_is_read_for_its_words_its_trouble_and_its_wish() {
    let cut = ["污水处理", "工艺", "能耗", "偏高", ",", "希望", "引进", "成熟", "方案"].map(str::to_owned);
    let reading = lexicon().read("污水处理工艺能耗偏高,希望引进成熟方案", cut);
    assert_eq!(reading.words, set(&["污水处理", "工艺", "能耗"]));
    assert_eq!(reading.concerns, [("能耗".to_owned(), set(&["能耗"]))].into());
    assert_eq!(reading.wish, Some((Stage(7), "成熟".to_owned())));
    assert_eq!(reading.reached, None);
}

#[test]
fn the_furthest_stage_that_a_summary_speaks_of_is_what_was_reached() {
    let reached = |text: &str| lexicon().read(text, []).reached.map(|(stage, _)| stage.0);
    assert_eq!(reached("已完成小试"), Some(4));
    assert_eq!(reached("已完成样机验证"), Some(5));
    assert_eq!(reached("已完成小试和中试"), Some(6));
    assert_eq!(reached("已完成小批量生产"), Some(7));
    assert_eq!(reached("已完成示范应用"), Some(8));
    assert_eq!(reached("提出新方案"), None);
}

#[test]
fn kindred_phrases_are_those_of_the_same_concern_that_the_text_does_not_say() {
    let lexicon = lexicon();
    let kindred = lexicon.kindred(&lexicon.read("响应滞后", []));
    assert_eq!(kindred, set(&["响应慢", "数据时延", "时延", "延迟", "超快", "实时"]));
    assert!(lexicon.kindred(&lexicon.read("水稻育种方法", [])).is_empty());
}

#[test]
fn fields_are_neighbours_in_either_order_and_never_of_themselves() {
    let lexicon = lexicon();
    assert!(lexicon.are_neighbours("光电", "检测") && lexicon.are_neighbours("检测", "光电"));
    assert!(!lexicon.are_neighbours("光电", "农业") && !lexicon.are_neighbours("光电", "光电"));
}
