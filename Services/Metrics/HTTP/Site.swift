import Exposition
import JSONCodec
import Linux
import Logging
import MillraceProtocol
import NIOHTTP1
import StatusPage
import Telemetry

/// Which path is answered by what.
struct Site: Sendable {
    /// How often a page that is looked at is renewed.
    static let renewal = Duration.seconds(2)

    let pages: PageSource
    let watch: SuiteWatch
    let intake: Intake
    let units: UnitFacts
    let alerts: AlertDesk
    let time: any TimeSource
    let log: Logger

    func answer(_ ask: WebAsk) async -> WebAnswer {
        let parts = ask.path.split(separator: "/").map(String.init)
        switch (parts.first, parts.count) {
        case (nil, _):
            return page(StatusPage.overview(await pages.overview(page: Self.page(ask))))
        case ("metrics", 1): return scrape(ask)
        case ("health", 1...2): return await health(parts.dropFirst().first)
        case ("ready", 1...2): return await ready(parts.dropFirst().first)
        case ("page.css", 1): return asset("text/css; charset=utf-8", StatusPage.styleSheet)
        case ("page.js", 1): return asset("text/javascript; charset=utf-8", StatusPage.script)
        case ("events", 1): return overviewEvents(Self.page(ask))
        case ("jobs", 2...3):
            guard let id = Int64(parts[1]).map(JobID.init(rawValue:)), parts.count == 2 || parts[2] == "events" else {
                return missing("job \(parts[1].prefix(50))")
            }
            if parts.count == 3 { return jobEvents(id) }
            guard let state = await pages.job(id) else { return missing("job \(id)") }
            return page(StatusPage.job(state))
        default: return missing("page \(ask.path.prefix(100))")
        }
    }

    private static func page(_ ask: WebAsk) -> Int {
        min(max(ask.query["page"].flatMap { Int($0) } ?? 1, 1), PageSource.pages)
    }

    private func page(_ text: String) -> WebAnswer { .html(.ok, text, policy: StatusPage.securityPolicy) }

    private func missing(_ what: String) -> WebAnswer {
        .html(.notFound, StatusPage.missing(what, now: time.wall()), policy: StatusPage.securityPolicy)
    }

    private func asset(_ type: String, _ bytes: [UInt8]) -> WebAnswer { WebAnswer(type: type, bytes) }

    // MARK: For machines

    /// Never waits for a service: what they published last is what there is.
    private func scrape(_ ask: WebAsk) -> WebAnswer {
        guard let format = ExpositionFormat.negotiated(accept: ask.accept) else {
            let types = ExpositionFormat.allCases.map(\.contentType).joined(separator: " or ")
            return .text(.notAcceptable, "there is \(types)")
        }
        return WebAnswer(type: format.contentType, ExpositionWriter.bytes(intake.families() + units.families, format))
    }

    private func health(_ name: String?) async -> WebAnswer {
        let health = SuiteHealth(await watch.members(), intake.families())
        guard let shown = name.map(health.of) ?? health else {
            return .text(.notFound, "there is no service \(name?.prefix(50) ?? "")")
        }
        return .json(shown.verdict == .fail ? .serviceUnavailable : .ok, shown)
    }

    private func ready(_ name: String?) async -> WebAnswer {
        let health = SuiteHealth(await watch.members(), [])
        guard let shown = name.map(health.of) ?? health else {
            return .text(.notFound, "there is no service \(name?.prefix(50) ?? "")")
        }
        return shown.isReady ? .text(.ok, "ready") : .text(.serviceUnavailable, "not ready")
    }

    // MARK: Live

    private func overviewEvents(_ page: Int) -> WebAnswer {
        events { StatusPage.parts(await pages.overview(page: page)) }
    }

    private func jobEvents(_ id: JobID) -> WebAnswer {
        events { await pages.job(id).map(StatusPage.parts) ?? [] }
    }

    /// Sends the parts that changed since the last time, and otherwise a sign of life.
    private func events(_ parts: @escaping @Sendable () async -> [(id: String, html: HTML)]) -> WebAnswer {
        let time = time
        return WebAnswer { stream in
            var shown: [String: HTML] = [:]
            guard await stream.write(Array("retry: 3000\n\n".utf8)) else { return }
            // The first event has all parts: what changed while the page was on its way is among them.
            repeat {
                let changed = await parts().filter { shown[$0.id] != $0.html }
                for part in changed { shown[part.id] = part.html }
                guard await stream.write(changed.isEmpty ? Array(": \n\n".utf8) : Self.event(changed)) else { return }
            } while (try? await time.sleep(for: Self.renewal)) != nil  // Cancelled: nobody listens.
        }
    }

    private static func event(_ parts: [(id: String, html: HTML)]) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            for part in parts { $0.member(part.id, part.html.description) }
        }
        // The text of JSON has no line ends.
        return Array("event: parts\ndata: ".utf8) + json.bytes + Array("\n\n".utf8)
    }
}
