import CoreMetrics
import Telemetry

/// Nil where the instrument was refused: then nothing is counted.
final class CounterHandle: CounterHandler {
    private let counter: Telemetry.Counter?

    init(_ counter: Telemetry.Counter?) { self.counter = counter }

    func increment(by amount: Int64) {
        if amount > 0 { counter?.increment(by: UInt64(amount)) }
    }

    /// Counters here only grow.
    func reset() {}
}

final class FloatingPointCounterHandle: FloatingPointCounterHandler {
    private let counter: Telemetry.Counter?

    init(_ counter: Telemetry.Counter?) { self.counter = counter }

    func increment(by amount: Double) { counter?.add(amount) }

    /// Counters here only grow.
    func reset() {}
}

final class GaugeHandle: MeterHandler, RecorderHandler {
    private let gauge: Telemetry.Gauge?

    init(_ gauge: Telemetry.Gauge?) { self.gauge = gauge }

    func set(_ value: Int64) { gauge?.set(Double(value)) }
    func set(_ value: Double) { gauge?.set(value) }
    func increment(by amount: Double) { gauge?.add(amount) }
    func decrement(by amount: Double) { gauge?.add(-amount) }
    func record(_ value: Int64) { gauge?.set(Double(value)) }
    func record(_ value: Double) { gauge?.set(value) }
}

final class RecorderHandle: RecorderHandler {
    private let histogram: Histogram?

    init(_ histogram: Histogram?) { self.histogram = histogram }

    func record(_ value: Int64) { histogram?.record(Double(value)) }
    func record(_ value: Double) { histogram?.record(value) }
}

final class TimerHandle: TimerHandler {
    private let distribution: Distribution?

    init(_ distribution: Distribution?) { self.distribution = distribution }

    func recordNanoseconds(_ duration: Int64) { distribution?.record(ticks: UInt64(max(0, duration))) }
}
