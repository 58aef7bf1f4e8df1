//! Who gets what under overload.

use palisade_examples::priority;

#[tokio::test]
async fn the_important_caller_is_served_in_full_and_nobody_is_shut_out() {
    let table = priority::overload().await;
    let [crawler, checkout, search] = table.0;
    assert_eq!(checkout, ("checkout", 1, 400, 400));
    assert_eq!((crawler.2, search.2), (1_200, 200));
    assert!(crawler.3 > 0 && search.3 > 0, "{table}");
    let passed = crawler.3 + checkout.3 + search.3;
    assert!((500..=1_000).contains(&passed), "at least the half, at most the limit: {table}");
}

#[tokio::test]
async fn each_run_prints_the_same_table() {
    let (one, other) = (priority::overload().await, priority::overload().await);
    assert_eq!(one.to_string(), other.to_string());
    assert!(one.to_string().contains("checkout      1    400     400"), "{one}");
}
