import ArgumentParser
import Glibc
import Linux
import MillraceProtocol

/// `millctl top`
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Shows what the runner does, live.",
        discussion: """
            Keys: q quits, p pauses, < and > choose the column jobs are sorted by, r turns the order round. In a pipe \
            it prints one picture and ends.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(
        help: "Between two pictures: 500ms, 1s, 5s.", transform: OptionValue.milliseconds(100...3_600_000))
    var interval = 1000

    private var pause: Duration { .milliseconds(interval) }

    func run() async throws {
        let caller = try Caller(service: KnownService.runner.name, at: global.place)
        let time = SystemTime()
        if global.terminal.isInteractive, !global.json, isatty(STDIN_FILENO) == 1 {
            try await TopScreen(caller: caller, pause: pause, noColor: global.noColor, time: time).run()
            return
        }
        let first = try await TopSample.take(caller, time: time)
        if global.json { return JSONOutput.document(first) }
        try await time.sleep(for: pause)
        let second = try await TopSample.take(caller, time: time)
        let frame = TopFrame(
            sample: second, rates: TopRates(from: first, to: second), view: TopView(), terminal: global.terminal)
        Output.lines(frame.lines(height: nil))
    }
}

/// The live picture: takes samples, draws them, and does what keys say.
private struct TopScreen {
    enum Event: Sendable {
        case beat
        case key(Key)
        case inputEnded
    }

    let caller: Caller
    let pause: Duration
    let noColor: Bool
    let time: SystemTime

    func run() async throws {
        let screen: LiveScreen
        do throws(SystemError) { screen = try LiveScreen() } catch { throw Failure(error) }
        defer { screen.restore() }
        Interrupts.say { screen.restore() }
        let (events, sender) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(64))
        let beats = Task {
            while (try? await time.sleep(for: pause)) != nil { sender.yield(.beat) }
        }
        defer { beats.cancel() }
        let keys: WorkerThread
        do throws(SystemError) {
            keys = try Key.listen { key in _ = sender.yield(key.map(Event.key) ?? .inputEnded) }
        } catch {
            throw Failure(error)
        }
        defer { withExtendedLifetime(keys) {} }

        var view = TopView(), earlier: TopSample?, latest = try await TopSample.take(caller, time: time)
        var trouble: String?
        var course = TopCourse()
        draw(screen, latest, since: earlier, view, course, trouble)
        for await event in events {
            switch event {
            case .inputEnded, .key(.character("q")), .key(.escape): return
            case .key(let key): guard view.press(key) else { continue }
            case .beat:
                if view.isPaused { continue }
                do {
                    let next = try await TopSample.take(caller, time: time)
                    (earlier, latest, trouble) = (latest, next, nil)
                    course.note(TopRates(from: earlier, to: latest))
                } catch {
                    trouble = "the runner does not answer; this is from \(latest.wall.short)"
                }
            }
            draw(screen, latest, since: earlier, view, course, trouble)
        }
    }

    private func draw(
        _ screen: LiveScreen, _ sample: TopSample, since earlier: TopSample?, _ view: TopView, _ course: TopCourse,
        _ trouble: String?
    ) {
        let size = screen.size
        var terminal = Terminal(descriptor: STDOUT_FILENO, noColor: noColor)
        terminal.width = size.width
        let frame = TopFrame(
            sample: sample, rates: TopRates(from: earlier, to: sample), view: view, terminal: terminal,
            course: course, footer: trouble)
        screen.draw(frame.lines(height: size.height))
    }
}
