public import Linux
public import Telemetry

/// Counts the calls to outside systems: how many, how long they took, and what failed.
public final class WebMeters: Sendable {
    private let durations: Family<Histogram>
    private let failures: Family<Counter>
    private let time: any TimeSource

    public init(_ registry: Registry, time: any TimeSource) {
        self.time = time
        durations = registry.histograms(
            "millrace_outside_duration_seconds", "How long calls to outside systems took.", labels: ["system"],
            bounds: Bounds.long, limit: 50, exemplars: false)
        failures = registry.counters(
            "millrace_outside_failures",
            "Calls to outside systems that failed: by the status of the answer, or with none.",
            labels: ["system", "cause"])
    }

    /// The same for a call that is none of the web: one to a mail server, for instance.
    public func measure(_ system: String, _ body: () async throws -> Void) async throws {
        let began = time.boot()
        defer { durations.with(system).record(time.boot() - began) }
        do {
            try await body()
        } catch {
            failures.with(system, "none").increment()
            throw error
        }
    }

    func measure(
        _ request: WebRequest, _ body: () async throws(WebError) -> WebResponse
    ) async throws(WebError) -> WebResponse {
        let began = time.boot()
        defer { durations.with(request.system).record(time.boot() - began) }
        do {
            let response = try await body()
            if !response.isSuccess { failures.with(request.system, String(response.status)).increment() }
            return response
        } catch {
            failures.with(request.system, "none").increment()
            throw error
        }
    }
}
