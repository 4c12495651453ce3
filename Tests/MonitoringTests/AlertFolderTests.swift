import Linux
import Monitoring
import TestSupport
import Testing

struct AlertFolderTests {
    @Test func builtInRulesAreReadWithoutProblems() throws {
        let (catalog, problems) = AlertCatalog.read([packageRoot + "/Units/alerts.d"])
        #expect(problems.isEmpty)
        #expect(catalog.rules.count >= 24)
        #expect(catalog.inhibitions.count == 2)
        let burn = catalog.rules.filter { $0.name.hasPrefix("job-budget-") }
        #expect(burn.map(\.severity) == [.critical, .warning])
    }

    @Test func laterFolderReplacesAndDisables() {
        let (one, two) = (TemporaryDirectory(), TemporaryDirectory())
        one.write(
            "alerts:\n- {name: a, summary: A., value: x, above: 1}\n- {name: b, summary: B., value: x, above: 1}\n",
            to: "a.yaml")
        two.write(
            """
            alerts:
            - name: a
              summary: Mine.
              severity: critical
              value: rate(x[5min])
              below: -1.5
              for: 1min
              keepFiringFor: 2min
              again: 1h
              labels: {team: night}
            disabled: [b]
            notify: {group: [team], wait: 5s, interval: 1min}
            sinks:
            - command: [/usr/bin/logger, -t, alert]
            - job: page-somebody
            - hook: http://localhost:9/x
            """, to: "a.yaml")
        let (catalog, problems) = AlertCatalog.read([one.path, two.path])
        #expect(problems.isEmpty)
        #expect(catalog.rules.map(\.summary) == ["Mine."])
        #expect(catalog.rules.first?.holds == .seconds(60))
        #expect(catalog.rules.first?.keepFiring == .seconds(120))
        #expect(catalog.rules.first?.labels == ["team": "night"])
        #expect(catalog.options.group == ["team"])
        #expect(
            catalog.sinks == [
                .command(["/usr/bin/logger", "-t", "alert"]), .job(kind: "page-somebody"),
                .hook(url: "http://localhost:9/x"),
            ])
    }

    @Test func allMistakesAreNamedAtOnce() {
        let folder = TemporaryDirectory()
        folder.write(
            """
            alerts:
            - {name: a, summary: A., value: "rate(x)", above: 1}
            - {name: b, summary: B., value: x}
            - {name: c, value: x, above: 1, below: 2}
            - {name: d, summary: D., value: x, above: 1, fore: 1min}
            - {name: e, summary: E., burn: {errors: "rate(x[1min])", total: y, objective: 2}}
            - {name: f, summary: F., value: x, above: 1}
            - {name: f, summary: F., value: x, above: 1}
            inhibitions:
            - {while: f, mute: [nothing]}
            sinks:
            - {command: [logger]}
            - {job: x, hook: "http://x"}
            disabled: [missing]
            """, to: "a.yaml")
        let (catalog, problems) = AlertCatalog.read([folder.path])
        let text = problems.map(\.description).joined(separator: "\n")
        for word in [
            "is no expression", "either above or below", "summary is missing", "fore", "a metric's name", "0.99999",
            "f", "nothing",
            "absolute path", "one of command", "missing",
        ] {
            #expect(text.contains(word), "\(word)")
        }
        #expect(problems.count >= 12)
        #expect(!catalog.rules.contains { ["a", "b", "c", "e"].contains($0.name) })
    }

    @Test func folderThatIsNotThereIsNone() {
        #expect(AlertCatalog.read(["/nonexistent/alerts.d"]).problems.isEmpty)
    }
}
