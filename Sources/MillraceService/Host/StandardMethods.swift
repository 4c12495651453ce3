import JSONCodec
import Logging
import MillraceProtocol
import MillraceRPC
import Telemetry

/// `service.*` and `rpc.discover`, which every service answers.
struct StandardMethods: Sendable {
    let state: HostState
    let log: ServiceLog
    let report: @Sendable () async -> ServiceReport
    /// What is published.
    let snapshot: @Sendable () async -> Snapshot
    /// Reads the settings again; answers the warnings, throws when they are wrong.
    let reload: @Sendable () async throws -> [String]

    func register(on router: inout RPCRouter, openRPC: [UInt8]?) {
        router.onReply(ServicePing.self) { [state] _, _, reply in reply.succeed(state.ping()) }
        router.on(ServiceStatus.self) { _, _ in state.status(await report()) }
        router.on(ServiceMetrics.self) { params, _ in
            ServiceMetrics.Result(await snapshot(), names: params.names.map(Set.init))
        }
        router.on(ServiceReload.self) { _, context in
            context.log.notice("reading the settings again, asked by \(context.peer)")
            return ServiceReload.Result(warnings: try await reload())
        }
        router.on(ServiceSetLogLevel.self) { params, context in
            guard let level = Logger.Level(rawValue: params.level) else {
                let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw RPCError(
                    .invalidArgument, "\"\(params.level)\" is no log level; there are \(levels)",
                    reason: "log.level", field: "level")
            }
            log.level = level
            context.log.notice("the log level is \(level) now, asked by \(context.peer)")
            return ServiceSetLogLevel.Result(level: level.rawValue)
        }
        router.discover(openRPC ?? document(router.methods))
    }

    /// The least an OpenRPC document can be: the names.
    private func document(_ methods: [MethodDescription]) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("openrpc", "1.3.2")
            json.member("info") { json in
                json.object {
                    $0.member("title", "millrace-\(state.service)")
                    $0.member("version", MillraceVersion.current)
                }
            }
            json.member("methods") { json in
                json.array { json in
                    for method in methods {
                        json.object { json in
                            json.member("name", method.name)
                            json.member("params", [String]())
                            json.member("x-access", method.access.description)
                        }
                    }
                }
            }
        }
        return json.bytes
    }
}
