//! How a demand and an achievement are read into words, troubles and wishes.

use super::*;

fn lexicon() -> Lexicon {
    Lexicon::parse(include_str!("../lexicon.toml")).unwrap()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_demand_is_read_for_its_words_its_trouble_and_its_wish() {
    let reading = lexicon().read("污水处理工艺能耗偏高,希望引进成熟方案");
    assert_eq!(reading.pieces, ["污水处理工艺", "能耗"]);
    assert_eq!(reading.words, set(&["污水", "水处", "处理", "理工", "工艺", "能耗"]));
    assert_eq!(reading.concerns, [("能耗".to_owned(), set(&["能耗"]))].into());
    assert_eq!(reading.wish, Some((Stage(7), "成熟".to_owned())));
    assert_eq!(reading.reached, None);
}

#[test]
fn the_longest_word_decides_where_a_text_falls_into_pieces() {
    let pieces = |text: &str| lexicon().read(text).pieces;
    // 批量 stands in 小批量, and 污染物 in 污染物残留.
    assert_eq!(pieces("光纤传感小批量"), ["光纤传感"]);
    assert_eq!(pieces("平台污染物残留高"), ["平台", "污染物残留"]);
    assert_eq!(pieces("光纤传感系统长期稳定性差"), ["光纤传感系统", "长期稳定性"]);
    assert!(pieces("希望提供技术支持。").is_empty());
    // 服务 stands in 服务器, and a text falls apart at signs.
    assert_eq!(pieces("服务器液冷,等离子体"), ["服务器液冷", "等离子体"]);
    // A character alone says something, unless it was left beside a word that was taken out.
    assert_eq!(pieces("铜、铝合金的焊接,标定差"), ["铜", "铝合金", "焊接", "标定"]);
}

#[test]
fn the_furthest_stage_that_a_summary_speaks_of_is_what_was_reached() {
    let reached = |text: &str| lexicon().read(text).reached.map(|(stage, _)| stage.0);
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
    let kindred = lexicon.kindred(&lexicon.read("响应滞后"));
    assert_eq!(kindred, set(&["响应慢", "数据时延", "时延", "延迟", "超快", "实时"]));
    assert!(lexicon.kindred(&lexicon.read("水稻育种方法")).is_empty());
}

#[test]
fn fields_are_neighbours_in_either_order_and_never_of_themselves() {
    let lexicon = lexicon();
    assert!(lexicon.are_neighbours("光电", "检测") && lexicon.are_neighbours("检测", "光电"));
    assert!(!lexicon.are_neighbours("光电", "农业") && !lexicon.are_neighbours("光电", "光电"));
}
