import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

/// The examples of the JSON-RPC 2.0 specification, against a real server.
@Suite struct SpecificationTests {
    private enum Subtract: RPCMethod {
        static let name = "subtract"
        static let access = AccessClass.read
        typealias Result = Int

        struct Params: JSONCodable, Sendable {
            var minuend = 0, subtrahend = 0

            init(from json: inout JSONReader) throws(JSONError) {
                if try json.kind() == .array {
                    let numbers: [Int] = try json.value()
                    guard numbers.count == 2 else { throw json.invalid("takes two numbers") }
                    (minuend, subtrahend) = (numbers[0], numbers[1])
                    return
                }
                var minuend = 0, subtrahend = 0
                try json.object { key, json throws(JSONError) in
                    switch key {
                    case "minuend": minuend = try json.int()
                    case "subtrahend": subtrahend = try json.int()
                    default: try json.unknownMember(key)
                    }
                }
                (self.minuend, self.subtrahend) = (minuend, subtrahend)
            }

            func encode(to json: inout JSONWriter) { json.value([minuend, subtrahend]) }
        }
    }

    private enum Sum: RPCMethod {
        static let name = "sum"
        static let access = AccessClass.read
        typealias Params = [Int]
        typealias Result = Int
    }

    private enum GetData: RPCMethod {
        static let name = "get_data"
        static let access = AccessClass.read
        typealias Params = Empty
        typealias Result = JSONValue
    }

    private enum Update: RPCMethod {
        static let name = "update"
        static let access = AccessClass.write
        typealias Params = JSONRaw
        typealias Result = Empty
    }

    private enum NotifyHello: RPCMethod {
        static let name = "notify_hello"
        static let access = AccessClass.write
        typealias Params = JSONRaw
        typealias Result = Empty
    }

    private enum NotifySum: RPCMethod {
        static let name = "notify_sum"
        static let access = AccessClass.write
        typealias Params = JSONRaw
        typealias Result = Empty
    }

    private static func router(_ notified: Watched<[String]>) -> RPCRouter {
        var router = RPCRouter()
        router.on(Subtract.self) { params, _ in params.minuend - params.subtrahend }
        router.on(Sum.self) { numbers, _ in numbers.reduce(0, +) }
        router.on(GetData.self) { _, _ in ["hello", 5] }
        router.on(Update.self) { _, context in
            notified.update { $0.append(context.method) }
            return Empty()
        }
        router.on(NotifyHello.self) { _, context in
            notified.update { $0.append(context.method) }
            return Empty()
        }
        router.on(NotifySum.self) { _, context in
            notified.update { $0.append(context.method) }
            return Empty()
        }
        return router
    }

    private static let cases: [JSONValue] = {
        guard let path = sharedData("jsonrpc/cases.jsonl"), let text = text(of: path) else { return [] }
        return text.split(separator: "\n").map { try! JSON.decode(JSONValue.self, from: String($0)) }
    }()

    /// The answer without what we add to it: the correlation id of a success, the data of an error.
    private func bare(_ answer: JSONValue) -> JSONValue {
        if let entries = answer.elements {
            return .array(entries.map(bare).sorted { JSON.text($0) < JSON.text($1) })
        }
        var members = answer.members!.filter { $0.name != "meta" }
        members = members.map { member in
            guard member.name == "error" else { return member }
            return JSONMember("error", .object(member.value.members!.filter { $0.name != "data" }))
        }
        return .object(members.sorted { $0.name < $1.name })
    }

    @Test(.enabled(if: sharedData("jsonrpc/cases.jsonl") != nil, "shared data not there"), arguments: cases)
    func answersAsTheSpecificationSays(_ example: JSONValue) async throws {
        try await TestServer.with(Self.router(Watched([]))) { test in
            let peer = try test.peer()
            try peer.send(example["request_text"]!.stringValue!)
            // Whatever comes of the example comes before the answer to this.
            try peer.send(#"{"jsonrpc":"2.0","id":"last","method":"sum","params":[]}"#)
            let answer = try await peer.next()
            if example["no_response"]?.boolValue == true {
                #expect(answer["id"] == "last")
            } else {
                #expect(bare(answer) == bare(example["response"]!))
                #expect(try await peer.next()["id"] == "last")
            }
            #expect(peer.waiting == 0)
        }
    }

    @Test func notificationsInsideABatchAreCarriedOut() async throws {
        let notified = Watched<[String]>([])
        try await TestServer.with(Self.router(notified)) { test in
            let peer = try test.peer()
            try peer.send(
                #"[{"jsonrpc":"2.0","method":"notify_sum","params":[1]},{"jsonrpc":"2.0","method":"notify_hello","params":[7]}]"#
            )
            try await notified.wait(within: patience, for: "both notifications") {
                $0 == ["notify_sum", "notify_hello"]
            }
        }
    }
}
