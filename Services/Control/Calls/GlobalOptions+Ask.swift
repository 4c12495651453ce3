import JSONCodec
import MillraceProtocol

extension GlobalOptions {
    /// Asks a service one thing and shows the answer: with `--json` as it came, else as `lines` has it.
    func ask<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, of service: KnownService = .runner,
        _ lines: (M.Result, Terminal) -> [String]
    ) async throws {
        let caller = try Caller(service: service.name, at: place)
        let answer = try await caller.call(method, params)
        if json {
            JSONOutput.document(answer.raw)
        } else {
            Output.lines(lines(answer.value, terminal))
        }
    }
}
