import JSONCodec
import Synchronization

/// Keeps one writer and its buffer between two uses, on whatever threads those are.
final class SpareWriter: Sendable {
    private final class Box {
        var writer = JSONWriter(reserving: 512)
    }

    /// The retained box, as a bit pattern; zero while it is in use.
    private let spare = Atomic<UInt>(0)

    /// A buffer that has grown beyond this is not kept.
    private static let keptCapacity = 64 << 10

    deinit {
        if let box = Self.box(spare.load(ordering: .acquiring)) { box.release() }
    }

    /// Encodes one value and hands its bytes to `body`.
    func with<R>(_ encode: (inout JSONWriter) -> Void, _ body: ([UInt8]) -> R) -> R {
        let box = Self.box(spare.exchange(0, ordering: .acquiring)) ?? .passRetained(Box())
        let value = box.takeUnretainedValue()
        encode(&value.writer)
        let result = body(value.writer.bytes)
        if value.writer.bytes.capacity > Self.keptCapacity {
            box.release()
        } else {
            value.writer.removeAll(keepingCapacity: true)
            let bits = UInt(bitPattern: box.toOpaque())
            if !spare.compareExchange(expected: 0, desired: bits, ordering: .releasing).exchanged { box.release() }
        }
        return result
    }

    private static func box(_ bits: UInt) -> Unmanaged<Box>? {
        UnsafeRawPointer(bitPattern: bits).map { Unmanaged.fromOpaque($0) }
    }
}
