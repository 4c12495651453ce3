/// What a series is counted in. A handle is got once and kept; using it takes no lock and allocates nothing.
public protocol Instrument: AnyObject, Sendable {
    /// The value at this moment.
    func read() -> SeriesValue
    /// Changes whenever something was counted.
    var activity: UInt64 { get }
}
