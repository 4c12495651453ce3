import Foundation
import Glibc
import TestSupport

/// Callers who submit jobs of all sorts without pause, and repeat under the same key what was not answered.
final class CrashLoad: Sendable {
    /// How often each sort of submission is made.
    struct Mix: Sendable {
        var plain = 30
        var batch = 12
        var pooled = 14
        var command = 5
        var several = 6
        var keyed = 10
        var unique = 6
        var delayed = 6
        var after = 6
        var hooked = 6
        var attached = 3
        var failing = 5
        var changing = 6
        /// The longest that an item takes, in milliseconds.
        var longest = 15
    }

    struct Account: Sendable {
        /// The job that a submission was acknowledged as, by its number. A unique job may stand for another submission.
        var acknowledged: [(tag: Int, job: Int, isOwn: Bool)] = []
        /// Answers that never came; each was asked for again.
        var unanswered = 0
        /// Refusals by their reason.
        var refused: [String: Int] = [:]
        /// Answers that no caller should get.
        var wrong: [String] = []
        var isStopping = false
        var callers = 0
        var lastTag = 0
    }

    let account = Watched(Account())
    private let socket: String
    private let mix: Mix
    private let pause: useconds_t

    /// - Parameter pause: between two submissions of a caller, in microseconds.
    init(_ socket: String, callers: Int = 4, mix: Mix = Mix(), pause: useconds_t = 8000, seed: UInt64) {
        self.socket = socket
        self.mix = mix
        self.pause = pause
        account.update { $0.callers = callers }
        for caller in 0..<callers {
            startThread { [self] in
                var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(caller))
                var line = Line(socket)
                while !account.value.isStopping {
                    submit(&line, &random)
                    usleep(useconds_t.random(in: 0...2 * pause, using: &random))
                }
                // The connection stays until all is over: attached jobs end with it.
                account.update { $0.callers -= 1 }
                while account.value.callers > -1 { usleep(5000) }
            }
        }
    }

    /// Returns when every caller has the answer to its last submission. Connections stay open until ``hangUp()``.
    func stop() async throws {
        account.update { $0.isStopping = true }
        try await account.wait(within: .seconds(30), for: "the callers' last answers") { $0.callers == 0 }
    }

    func hangUp() { account.update { $0.callers = -1 } }

    /// A connection that comes back.
    private struct Line {
        let socket: String
        var client: WireClient?

        init(_ socket: String) { self.socket = socket }

        mutating func request(_ method: String, _ params: String, meta: String?) -> Tree? {
            if client == nil { client = try? WireClient(socket, limit: .seconds(20)) }
            guard let client else { return nil }
            guard let reply = try? client.request(method, params, meta: meta) else {
                self.client = nil
                return nil
            }
            return reply
        }
    }

    private func tag() -> Int {
        var tag = 0
        account.update {
            $0.lastTag += 1
            tag = $0.lastTag
        }
        return tag
    }

    private func submit(_ line: inout Line, _ random: inout SeededGenerator) {
        let sorts = [
            mix.plain, mix.batch, mix.pooled, mix.command, mix.several, mix.keyed, mix.unique, mix.delayed, mix.after,
            mix.hooked, mix.attached, mix.failing, mix.changing,
        ]
        var place = Int.random(in: 0..<sorts.reduce(0, +), using: &random)
        let sort = sorts.firstIndex { weight in
            place -= weight
            return place < 0
        }!
        let tag = tag()
        let queue = Bool.random(using: &random) ? ",\"queue\":\"fast\"" : ""
        func params(_ more: String = "") -> String {
            "\"params\":{\"t\":\(tag),\"ms\":\(Int.random(in: 0...mix.longest, using: &random))\(more)}\(queue)"
        }
        func earlier() -> Int? { account.value.acknowledged.suffix(50).randomElement(using: &random)?.job }
        var isOwn = true
        var job = "\"kind\":\"crash.plain\","
        switch sort {
        case 1: job = "\"kind\":\"crash.batch\"," + params(",\"items\":\(Int.random(in: 1...6, using: &random))")
        case 2: job = "\"kind\":\"crash.pooled\"," + params()
        case 3: job = "\"kind\":\"crash.command\",\"backoffMs\":10," + params()
        case 4: return submitSeveral(&line, &random)
        case 5: job += params() + ",\"key\":\"k\(Int.random(in: 0..<4, using: &random))\""
        case 6:
            isOwn = false
            let mode = ["reject", "replace", "keep"].randomElement(using: &random)!
            job += params() + ",\"uniqueKey\":\"u\(Int.random(in: 0..<4, using: &random))\",\"uniqueMode\":\"\(mode)\""
        case 7:
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            let time = Date(timeIntervalSinceNow: Double.random(in: 0...0.4, using: &random)).formatted(style)
            job += params() + ",\"runAt\":\"\(time)\""
        case 8:
            let mode = Bool.random(using: &random) ? "success" : "always"
            job += params() + (earlier().map { ",\"after\":[\($0)],\"afterMode\":\"\(mode)\"" } ?? "")
        case 9:
            let states = "[\"succeeded\",\"partial\",\"failed\",\"cancelled\"]"
            let hook = "{\"on\":\(states),\"job\":{\"kind\":\"crash.plain\",\"params\":{\"ms\":0}}}"
            job += params() + ",\"hooks\":[\(hook)]"
        case 10: job += params() + ",\"attached\":true"
        case 11: job += params(",\"fails\":1") + ",\"backoffMs\":20"
        case 12: return change(&line, earlier(), &random)
        default: job += params()
        }
        if let result = answered(&line, "job.submit", "{\(job)}", key: tag) { note(tag, result, isOwn) }
    }

    /// Does something to a job that was acknowledged lately; not repeated when the answer does not come.
    private func change(_ line: inout Line, _ id: Int?, _ random: inout SeededGenerator) {
        guard let id else { return }
        let (method, more) = [
            ("cancel", ""), ("cancel", ""), ("retry", ""), ("edit", ",\"priority\":5"), ("edit", ",\"queue\":\"fast\""),
            ("bury", ""),
        ].randomElement(using: &random)!
        _ = line.request("job.\(method)", "{\"id\":\(id)\(more)}", meta: nil)
    }

    private func submitSeveral(_ line: inout Line, _ random: inout SeededGenerator) {
        let tags = (0..<10).map { _ in tag() }
        let jobs = tags.map { tag in
            let ms = Int.random(in: 0...mix.longest, using: &random)
            return "{\"kind\":\"crash.plain\",\"params\":{\"t\":\(tag),\"ms\":\(ms)},\"idempotencyKey\":\"\(tag)\"}"
        }
        let params = "{\"jobs\":[\(jobs.joined(separator: ","))]}"
        guard let result = answered(&line, "job.submitBatch", params, key: nil) else { return }
        for (tag, receipt) in zip(tags, result["jobs"].elements) { note(tag, receipt, true) }
    }

    private func note(_ tag: Int, _ receipt: Tree, _ isOwn: Bool) {
        account.update { account in
            if let job = receipt["id"].int {
                account.acknowledged.append((tag, job, isOwn))
            } else {
                account.wrong.append("\(receipt)")
            }
        }
    }

    /// The result; asks again, under the same key, until there is an answer. Nil when it is a refusal.
    private func answered(_ line: inout Line, _ method: String, _ params: String, key: Int?) -> Tree? {
        let meta = key.map { "{\"idempotencyKey\":\"\($0)\"}" }
        var asked = false
        while true {
            let hadConnection = line.client != nil
            guard let reply = line.request(method, params, meta: meta) else {
                if hadConnection && !asked {
                    asked = true
                    account.update { $0.unanswered += 1 }
                }
                usleep(1000)
                continue
            }
            if reply["error"] == .absent { return reply["result"] }
            let reason = reply["error"]["data"]["reason"].string ?? "?"
            switch reply["error"]["data"]["status"].string {
            case "UNAVAILABLE": usleep(2000)
            case "RESOURCE_EXHAUSTED" where reason == "key.full", "ALREADY_EXISTS" where reason == "job.uniqueTaken":
                account.update { $0.refused[reason, default: 0] += 1 }
                return nil
            default:
                account.update { $0.wrong.append("\(method) \(params): \(reply["error"])") }
                return nil
            }
        }
    }
}
