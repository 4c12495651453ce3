import ArgumentParser
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Asks every service how it is.",
        discussion: "Ends with 69 when one is down or failing; one that jobs do without may be absent.")

    /// A service that does not say how it is within this time is not well.
    static let patience = Duration.seconds(5)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        var health: [ServiceHealth] = []
        for service in KnownService.all { health.append(await ServiceHealth.ask(service, at: global.place)) }
        if global.json {
            JSONOutput.document(HealthReport(services: health))
        } else {
            Output.lines(HealthReport(services: health).lines(for: global.terminal))
        }
        if !HealthReport(services: health).isWell { throw Exit.unavailable }
    }
}

/// What one service said of itself, or why it did not.
struct ServiceHealth: Sendable {
    var service: KnownService
    var answer: Result<Answer<ServiceStatus.Result>, Failure>

    static func ask(_ service: KnownService, at place: Place) async -> ServiceHealth {
        do {
            let caller = try Caller(service: service.name, at: place)
            defer { caller.close() }
            let answer = try await caller.call(ServiceStatus.self, Empty(), timeout: StatusCommand.patience)
            return ServiceHealth(service: service, answer: .success(answer), isAbsent: false)
        } catch {
            let failure = Failure(any: error) ?? Failure(.software, "\(error)")
            let isAbsent = service.isOptional && !Files.exists(place.socket(of: service.name))
            return ServiceHealth(service: service, answer: .failure(failure), isAbsent: isAbsent)
        }
    }

    /// Whether it is one that may be absent, and is: there is not even a socket.
    let isAbsent: Bool

    var isWell: Bool {
        guard case .success(let answer) = answer else { return false }
        return answer.value.verdict != .fail
    }
}

/// All services together.
struct HealthReport: JSONEncodable {
    var services: [ServiceHealth]

    var isWell: Bool { services.allSatisfy { $0.isWell || $0.isAbsent } }

    func lines(for terminal: Terminal) -> [String] {
        var table = Table([
            .text("Service"), .text("State"), .number("Pid", optional: true),
            .text("Version", optional: true, leaves: 1),
            .number("Uptime", optional: true), .number("Connections", optional: true, leaves: 2),
            .text("Status", shrinksTo: 20),
        ])
        var remarks: [String] = []
        for health in services {
            let name = health.service.name
            switch health.answer {
            case .success(let answer):
                let status = answer.value
                table.add([
                    Table.Cell(name), Table.Cell(status.state.rawValue, health.isWell ? .good : .warning),
                    Table.Cell(status.pid), Table.Cell(status.version),
                    Table.Cell(Duration.milliseconds(status.uptimeMs).short), Table.Cell(status.connections),
                    Table.Cell(status.statusLine),
                ])
                for check in status.checks where check.verdict != .ok {
                    let words =
                        "\(name): \(check.name): \(check.verdict.rawValue)\(check.reason.map { ", \($0)" } ?? "")"
                    remarks.append(
                        terminal.paint(DisplayText.harmless(words), check.verdict == .fail ? .bad : .warning))
                }
            case .failure where health.isAbsent:
                table.add([Table.Cell(name), Table.Cell("absent", .quiet), "", "", "", "", ""])
            case .failure(let failure):
                table.add([Table.Cell(name), Table.Cell("down", .bad), "", "", "", "", ""])
                remarks.append(terminal.paint(DisplayText.harmless(failure.message), .bad))
            }
        }
        return table.lines(for: terminal) + remarks
    }

    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("ok", isWell)
            json.member("services") { json in
                json.array { json in
                    for health in services {
                        json.object { json in
                            json.member("name", health.service.name)
                            json.member("ok", health.isWell)
                            if health.isAbsent { json.member("absent", true) }
                            switch health.answer {
                            case .success(let answer): json.member("status", answer.raw)
                            case .failure(let failure): json.member("error", failure.message)
                            }
                        }
                    }
                }
            }
        }
    }
}
