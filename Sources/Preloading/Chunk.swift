/// Keys that go to the source together: one logical batch.
struct Chunk: Sendable {
    /// From 1, counted over the dataset.
    let number: Int
    let scope: KeyScope
    let keys: [String]
}
