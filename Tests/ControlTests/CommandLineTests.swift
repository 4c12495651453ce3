import ArgumentParser
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Control

struct CommandLineTests {
    private func parse<Command: ParsableCommand>(_ line: String, as type: Command.Type = Command.self) throws -> Command
    {
        let words = line.split(separator: " ").map(String.init)
        return try #require(try Millctl.parseAsRoot(words) as? Command, "\(line) is no \(type)")
    }

    private func refusal(_ line: String) -> String {
        do {
            _ = try Millctl.parseAsRoot(line.split(separator: " ").map(String.init))
            return "accepted"
        } catch {
            return Failure(parsing: Millctl.message(for: error), usage: Millctl.fullMessage(for: error)).message
        }
    }

    @Test func theFormsThatOthersScriptAgainstAreUnderstood() throws {
        let up: UpCommand = try parse("up --state /srv/mill --detach")
        #expect(up.global.state == "/srv/mill" && up.detach)
        let down: DownCommand = try parse("down --state /srv/mill")
        #expect(down.global.state == "/srv/mill")
        let submit: JobCommand.Submit = try parse("job submit daily-brief --params @p.json --wait --json")
        #expect(submit.kind == "daily-brief" && submit.params == "@p.json" && submit.wait && submit.global.json)
        let map = "contractor=person,project=project,date=completed_on,hours=person_hours,text=summary,id=entry_id"
        let books: BooksCommand.Import = try parse("books import timesheets f.csv --map \(map) --status Reviewed")
        #expect(books.kind == .timesheets && books.map == map && books.status == .reviewed)
        let lines: BooksCommand.Export = try parse("books export lines --format json")
        #expect(lines.kind == .lines && lines.format == .json)
        let bank: ExpenseCommand.Import = try parse("expense import bank.csv --merchant text")
        #expect(bank.category == nil && bank.id == nil)
        let orders: BooksCommand.Export = try parse("books export orders --format csv")
        #expect(orders.kind == .orders && orders.format == .csv)
    }

    @Test(arguments: [
        "--state /s job show 3", "job --state /s show 3", "job show 3 --state /s", "job show --state /s 3",
    ])
    func theStateMayStandAnywhere(line: String) throws {
        let show: JobCommand.Show = try parse(line)
        #expect(show.global.state == "/s")
        #expect(show.id == JobID(3))
    }

    @Test func everyCommandTakesTheGlobalOptions() throws {
        for command in Self.leaves(Millctl.self) {
            let help = Millctl.helpMessage(for: command, columns: 200)
            for option in ["--state", "--json", "--no-color"] {
                #expect(help.contains(option), "\(command) lacks \(option)")
            }
            #expect(command.configuration.abstract != "", "\(command) says nothing of itself")
        }
    }

    private static func leaves(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let children =
            command.configuration.subcommands + command.configuration.groupedSubcommands.flatMap(\.subcommands)
        return children.isEmpty ? [command] : children.flatMap(leaves)
    }

    @Test func everyOptionOfASubmissionIsRead() throws {
        let submit: JobCommand.Submit = try parse(
            "job submit k --queue q --key c --priority -5 --run-at 2026-11-21T09:30:00Z --timeout 15m --max-attempts 2 "
                + "--backoff 500ms --idempotency-key i --attached --wait")
        #expect(submit.queue == "q" && submit.key == "c" && submit.priority == -5 && submit.maxAttempts == 2)
        #expect(submit.runAt == Timestamp("2026-11-21T09:30:00Z"))
        #expect(submit.timeout == 900_000 && submit.backoff == 500)
        #expect(submit.idempotencyKey == "i" && submit.attached)
    }

    @Test func anEmptyStateFolderIsWrongUsage() throws {
        do {
            _ = try Millctl.parseAsRoot(["job", "list", "--state", ""])
            Issue.record("accepted")
        } catch {
            #expect(Millctl.exitCode(for: error).rawValue == 64)
            #expect(Millctl.message(for: error).contains("--state is empty"))
        }
    }

    /// The folder of the suite is easily taken for the state of jobs.
    @Test func aStateOfJobsInThePlaceOfTheFolderIsNamed() throws {
        do {
            _ = try Millctl.parseAsRoot(["job", "list", "--state", "failed"])
            Issue.record("accepted")
        } catch {
            #expect(Millctl.exitCode(for: error).rawValue == 64)
            #expect(Millctl.message(for: error).contains("--states failed"))
        }
    }

    @Test(arguments: [
        ("a", UniqueMode?.none, "a"), ("a:keep", .keep, "a"), ("a:b:replace", .replace, "a:b"),
        ("a:other", nil, "a:other"),
    ])
    func theModeOfAUniqueKeyStandsAfterItsLastColon(text: String, mode: UniqueMode?, key: String) throws {
        let choice = try UniqueChoice(text: text)
        #expect(choice.key == key && choice.mode == mode)
    }

    @Test func aListIsFilteredByStates() throws {
        let list: JobCommand.List = try parse("job list --states failed,partial --before 9 --limit 5")
        #expect(list.states == [.failed, .partial] && list.before == JobID(9) && list.limit == 5)
    }

    @Test(arguments: [
        ("job submit k --attached", "--attached needs --wait"),
        ("job show seventeen", "'seventeen' is no job id"),
        ("job show 0", "'0' is no job id"),
        ("job list --states done", "'done' is no state of a job; there are scheduled, ready"),
        ("job submit k --timeout soon --wait", "'soon' is no time span such as"),
        ("job submit k --run-at tomorrow", "'tomorrow' is no time such as"),
        ("books import orders f.csv", "orders are made by the books themselves"),
        ("books show timesheets", "timesheets are shown by --month"),
        ("call job.show {} --timeout-ms 0", "--timeout-ms is at least 1"),
        ("jbo", "unexpected argument 'jbo'"),
        ("job list --limit 0", "'0' is no whole number from 1 to 1000"),
        ("job list --before 0", "'0' is no job id"),
        ("job list --states failed,", "'' is no state of a job"),
        ("job submit k --priority 1001", "'1001' is no whole number from -1000 to 1000"),
        ("job submit k --timeout 8d", "'8d' is not from 1 ms to 7 d 0 h"),
        ("job submit k --after 1 --after-always 2", "--after or --after-always, not both"),
        ("job submit k --unique :keep", "':keep' is no unique key"),
        ("job edit 3", "name what is to be changed"),
        ("job redrive", "name jobs, or describe them"),
        ("job redrive 3 --kind k", "not both"),
        ("job redrive --states succeeded", "jobs that are succeeded are not redriven"),
        ("queue set mail", "name what is to be set"),
        ("pool resize mail", "a pool is resized by its name and --processes"),
        ("pool resize --jobs 3 --calls 4", "name one thing"),
        ("limit set resource notion", "name what is to be set"),
        ("limit set kind k --rate 3", "--rate and --burst are for resources"),
        ("limit set machine x --running 3", "the machine has no name"),
        ("limit set queue --running 3", "name the queue"),
        ("limit set planet", "'planet' is none of machine, queue"),
        ("limit set resource notion --clear --rate 3", "--clear stands alone"),
        ("bench --submit-only", "--submit-only needs --kind"),
        ("why", "missing expected argument"),
        ("top --interval 1ms", "'1ms' is not from 100 ms"),
    ])
    func aWrongCommandLineSaysWhatIsWrong(line: String, message: String) {
        #expect(refusal(line).contains(message), "\(refusal(line))")
    }

    @Test func theMessageOfTheParserIsLowerCaseAndKeepsItsUsage() {
        let failure = Failure(
            parsing: "Missing expected argument '<id>'\n",
            usage: "Error: Missing expected argument '<id>'\nHelp:  <id>  x\nUsage: millctl job show <id>\n  See 'x'.\n"
        )
        #expect(failure.message == "missing expected argument '<id>'")
        #expect(failure.lines == ["Usage: millctl job show <id>", "See 'x'."])
        #expect(failure.exit == .usage)
    }

    @Test(arguments: [CompletionShell.bash, .zsh, .fish]) func completionsAreMade(shell: CompletionShell) {
        let script = Millctl.completionScript(for: shell)
        for word in ["submit", "books", "--idempotency-key"] { #expect(script.contains(word.replacingDashes(shell))) }
        #expect(!script.contains("ready-descriptor"))
    }
}

extension String {
    /// fish names long options without their dashes.
    fileprivate func replacingDashes(_ shell: CompletionShell) -> String {
        shell == .fish && hasPrefix("--") ? String(dropFirst(2)) : self
    }
}

struct PlaceTests {
    @Test func theOptionDecidesThenTheVariableElseSystemd() {
        #expect(Place(state: "/a", variable: "/b").socket(of: "runner") == "/a/run/runner.sock")
        #expect(Place(state: nil, variable: "/b").socket(of: "runner") == "/b/run/runner.sock")
        #expect(Place(state: nil, variable: "") == .system)
        #expect(Place(state: nil, variable: nil).socket(of: "runner") == "/run/millrace/runner.sock")
    }

    @Test(arguments: [
        ("/a/b", "/a/b"), ("/a//b/", "/a/b"), ("./x", "/base/x"), ("x/./y", "/base/x/y"), ("/", "/"),
        ("../x", "/base/../x"),
    ])
    func aStateFolderIsMadeAbsolute(typed: String, path: String) {
        #expect(StateDirectory.absolute(typed, base: "/base") == path)
    }

    @Test func theFoldersOfAStateAreFixed() {
        let state = StateDirectory("/nowhere/state")
        #expect(state.socket(of: "runner") == "/nowhere/state/run/runner.sock")
        #expect(state.logFile == "/nowhere/state/log/millrace.log")
        #expect(state.pidFile == "/nowhere/state/run/millctl.pid")
    }

    @Test func aProposedCommandNamesTheState() {
        #expect(Place.system.option == "")
        #expect(Place.state(StateDirectory("/nowhere/x")).option == " --state /nowhere/x")
    }

    @Test(arguments: [("/a-b_c.d", "/a-b_c.d"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("$x", "'$x'")])
    func aWordIsQuotedForTheShellWhereNeeded(word: String, quoted: String) {
        #expect(ShellWord.quoted(word) == quoted)
    }

    @Test func theTerminalFollowsItsVariables() {
        #expect(Terminal.width(of: -1, columns: "72") == 72)
        #expect(Terminal.width(of: -1, columns: "wide") == nil)
        #expect(Terminal.isUnicode { ["LANG": "de_DE.UTF-8"][$0] })
        #expect(Terminal.isUnicode { ["LC_ALL": "C.utf8", "LANG": "C"][$0] })
        #expect(!Terminal.isUnicode { ["LC_ALL": "C", "LANG": "C.UTF-8"][$0] })
        #expect(!Terminal(descriptor: -1, noColor: false) { _ in nil }.isInteractive)
    }
}

struct KnownServiceTests {
    @Test(arguments: ["job.submit", "queue.pause", "worker.list", "kind.list", "pool.resize", "permit.acquire"])
    func aMethodBelongsToTheServiceOfItsNoun(method: String) throws {
        #expect(KnownService.owner(of: method) == .runner)
        #expect(try ServiceChoice.service(named: nil, method: method) == "runner")
    }

    @Test(arguments: KnownService.all.map(\.name))
    func everyMethodThatAServiceDescribesIsAskedOfIt(name: String) throws {
        let document = try Tree(#require(text(of: packageRoot + "/Schemas/\(name).openrpc.json")))
        // Those that a service calls of its workers are nobody else's to call.
        let methods = document["methods"].elements
            .filter { $0["x-direction"].string?.hasPrefix("runner-to") != true }.compactMap { $0["name"].string }
        #expect(methods.count > 5)
        for method in methods where !["service.", "rpc."].contains(where: method.hasPrefix) {
            #expect(KnownService.owner(of: method)?.name == name, "\(method)")
        }
    }

    @Test func aNounBelongsToOneServiceOnly() {
        let nouns = KnownService.all.flatMap(\.nouns)
        #expect(Set(nouns).count == nouns.count)
    }

    @Test func whatEveryServiceAnswersIsAskedOfTheRunnerUnlessOneIsNamed() throws {
        #expect(try ServiceChoice.service(named: nil, method: "service.ping") == "runner")
        #expect(try ServiceChoice.service(named: nil, method: "rpc.discover") == "runner")
        #expect(try ServiceChoice.service(named: "runner", method: "unheard.of") == "runner")
    }

    @Test func anUnknownServiceOrNounIsWrongUsage() {
        let known = "runner, preloader, categorizer, scheduler, metrics"
        #expect(throws: Failure(.usage, "no service 'runer'; there is \(known)")) {
            try ServiceChoice.service(named: "runer", method: nil)
        }
        #expect(throws: Failure(.usage, "no known service has the noun of 'unheard.of'; name one by --service")) {
            try ServiceChoice.service(named: nil, method: "unheard.of")
        }
    }
}
