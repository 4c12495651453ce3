import TestSupport
import Testing

extension BootedSystem {
    /// Restarts a unit some times beside eight callers that never stop. Each call has to be answered, and systemd must not
    /// have had to start anything again by itself.
    func restartUnderLoad(
        _ service: String, times: Int = 3, _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let isOver = Watched(false)
        let answered = Watched(0)
        try await withThrowingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    while !isOver.value {
                        try await call(number)
                        answered.update { $0 += 1 }
                    }
                }
            }
            for _ in 0..<times {
                let (before, pid) = (answered.value, try await property("MainPID", of: service))
                try await answered.wait(for: "load") { $0 >= before + 50 }
                #expect(try await property("NRestarts", of: service) == "0")
                try await check(["systemctl", "restart", service])
                #expect(try await property("MainPID", of: service) != pid)
            }
            let before = answered.value
            try await answered.wait(for: "load afterwards") { $0 >= before + 50 }
            isOver.update { $0 = true }
            try await group.waitForAll()
        }
        #expect(try await property("NRestarts", of: service) == "0")
        #expect(try await property("Result", of: service) == "success")
    }
}
