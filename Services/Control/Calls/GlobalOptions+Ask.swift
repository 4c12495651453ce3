import JSONCodec
import MillraceProtocol

extension GlobalOptions {
    /// Asks the runner one thing and shows the answer: with `--json` as it came, else as `lines` has it.
    func ask<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, _ lines: (M.Result, Terminal) -> [String]
    ) async throws {
        let caller = try Caller(service: KnownService.runner.name, at: place)
        let answer = try await caller.call(method, params)
        if json {
            JSONOutput.document(answer.raw)
        } else {
            Output.lines(lines(answer.value, terminal))
        }
    }
}
