/// Ends the process where something is not as it has to be, so that libFuzzer keeps the input.
@inline(never)
public func claim(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError(what()) }
}

/// The bytes that libFuzzer offers.
public func input(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}
