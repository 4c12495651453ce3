/// Bounds on what a reader takes from a stranger.
public struct JSONLimits: Hashable, Sendable {
    /// How many objects and arrays may stand inside one another; one more is ``JSONError/Kind/depth``.
    ///
    /// Types that decode themselves recursively use stack in proportion to it.
    public var depth: Int

    public init(depth: Int = 64) {
        self.depth = depth
    }
}
