/// What a helper of the tests could not do. It is thrown, so that the test that asked fails with this text.
public struct TestFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
