import TestSupport
import Testing

/// What the units have to agree on, with each other and with the package.
struct UnitFileTests {
    static let services = UnitFile.names(ending: ".service")
    static let sockets = UnitFile.names(ending: ".socket")
    /// That of the page, which is a second one of its service.
    static let page = "millrace-metrics-http.socket"
    let common: UnitFile

    init() throws { common = try UnitFile("millrace-.service.d/10-common.conf") }

    @Test func thereIsAServiceAndASocketOfTheSameName() {
        #expect(
            Self.services == [
                "millrace-categorizer.service", "millrace-metrics.service", "millrace-preloader.service",
                "millrace-runner.service", "millrace-scheduler.service",
            ])
        #expect(
            Self.sockets.filter { $0 != Self.page } == Self.services.map { $0.dropLast("service".count) + "socket" })
    }

    @Test(arguments: services) func aServiceRunsTheProductOfItsOwnName(_ name: String) throws {
        let service = try UnitFile(name)
        let product = String(name.dropLast(".service".count))
        #expect(service.value("ExecStart", in: "Service") == "/usr/bin/\(product)")
        let package = try #require(text(of: packageRoot + "/Package.swift"))
        #expect(package.contains(".executable(name: \"\(product)\""))
    }

    @Test(arguments: services) func aServiceIsBoundToItsSocketAndToTheTarget(_ name: String) throws {
        let service = try UnitFile(name)
        let socket = name.dropLast("service".count) + "socket"
        #expect(service.words("Requires", in: "Unit").contains(String(socket)))
        #expect(service.words("After", in: "Unit").contains(String(socket)))
        #expect(service.value("PartOf", in: "Unit") == "millrace.target")
    }

    /// What `systemctl help` shows.
    @Test(arguments: services + sockets) func aUnitNamesItsManualPage(_ name: String) throws {
        let unit = try UnitFile(name)
        // A second socket of a service names it.
        let page = (unit.value("Service", in: "Socket") ?? name).prefix { $0 != "." }
        #expect(unit.value("Documentation", in: "Unit") == "man:\(page)(8)")
    }

    @Test(arguments: services) func aServiceDoesNotRepeatOrUndoWhatAllShare(_ name: String) throws {
        let own = Set(try UnitFile(name).sections["Service"]?.keys.map { $0 } ?? [])
        let shared = Set(common.sections["Service"]?.keys.map { $0 } ?? [])
        #expect(own.isDisjoint(with: shared), "a relaxation is a drop-in of its own: \(own.intersection(shared))")
    }

    /// The drain lasts 30 s; systemd has to wait longer before it kills.
    @Test func aServiceHasTimeToDrainAndIsAloneToldTo() throws {
        let limit = try #require(common.value("TimeoutStopSec", in: "Service").flatMap(Int.init))
        #expect(limit > 30)
        #expect(common.value("KillMode", in: "Service") == "mixed")
        #expect(common.value("OOMPolicy", in: "Service") == "continue")
    }

    /// What several services say alike belongs to what all share, where it is changed once.
    @Test func noSettingOfAServiceStandsInEveryUnit() throws {
        let settings = try Self.services.map { name in
            let service = try UnitFile(name).sections["Service", default: [:]]
            return Set(service.flatMap { key, values in values.map { "\(key)=\($0)" } })
        }
        let first = try #require(settings.first)
        let repeated = settings.dropFirst().reduce(first) { $0.intersection($1) }
        #expect(repeated.isEmpty, "they belong into 10-common.conf: \(repeated)")
    }

    /// A drop-in of a service comes after the shared one, and the shared one after the unit: what it says holds.
    @Test(arguments: services) func aDropInOfAServiceComesAfterTheSharedOne(_ name: String) throws {
        for file in UnitFile.names(in: "\(name).d", ending: ".conf") {
            #expect(file > "10-common.conf")
            let own = try UnitFile("\(name).d/\(file)").sections["Service", default: [:]]
            for key in ["KillMode", "TimeoutStopSec", "OOMPolicy"] { #expect(own[key] == nil, "\(file)") }
        }
    }

    @Test(arguments: sockets.filter { $0 != page }) func aSocketBearsTheNameOfItsServiceAndStandsInTheRunFolder(
        _ name: String
    ) throws {
        let socket = try UnitFile(name)
        let short = name.dropFirst("millrace-".count).dropLast(".socket".count)
        #expect(socket.value("FileDescriptorName", in: "Socket") == String(short))
        #expect(socket.value("ListenStream", in: "Socket") == "/run/millrace/\(short).sock")
        #expect(socket.value("PartOf", in: "Unit") == "millrace.target")
    }

    /// Whoever reaches the machine from elsewhere sees nothing of the suite.
    @Test func thePageIsServedOnThisMachineAlone() throws {
        let socket = try UnitFile(Self.page)
        #expect(socket.value("Service", in: "Socket") == "millrace-metrics.service")
        #expect(socket.value("FileDescriptorName", in: "Socket") == "http")
        let unit = try #require(text(of: packageRoot + "/Units/\(Self.page)"))
        let places = unit.split(separator: "\n").filter { $0.hasPrefix("ListenStream=") }
        #expect(places == ["ListenStream=127.0.0.1:9464", "ListenStream=/run/millrace/metrics-http.sock"])
    }

    @Test(arguments: sockets) func aSocketIsOpenToTheGroupOnly(_ name: String) throws {
        let socket = try UnitFile(name)
        #expect(socket.value("SocketMode", in: "Socket") == "0660")
        #expect(socket.value("SocketGroup", in: "Socket") == common.value("Group", in: "Service"))
        #expect(socket.value("SocketUser", in: "Socket") == common.value("User", in: "Service"))
    }

    @Test func theTargetWantsEveryUnit() throws {
        let wanted = try UnitFile("millrace.target").words("Wants", in: "Unit")
        #expect(Set(wanted) == Set(Self.services + Self.sockets))
    }

    @Test func aServiceIsReadyWhenItSaysSoAndIsWatched() {
        #expect(common.value("Type", in: "Service") == "notify")
        #expect(common.value("NotifyAccess", in: "Service") == "main")
        #expect(common.value("WatchdogSec", in: "Service") == "30")
        #expect(common.value("Restart", in: "Service") == "on-failure")
        #expect(common.value("RestartPreventExitStatus", in: "Service") == "78")
        #expect(common.value("ExecReload", in: "Service") == "/bin/kill -HUP $MAINPID")
    }

    /// systemd would remove it, sockets and all, whenever one service stops.
    @Test func noServiceOwnsTheFolderOfTheSockets() throws {
        for name in ["millrace-.service.d/10-common.conf"] + Self.services {
            #expect(try UnitFile(name).value("RuntimeDirectory", in: "Service") == nil)
        }
    }

    /// It would turn every caller's user id into "nobody".
    @Test func callersKeepTheirUserIDs() {
        #expect(common.value("PrivateUsers", in: "Service") == nil)
    }

    @Test func theUserTheGroupsAndTheFoldersAreMade() throws {
        let users = try #require(text(of: packageRoot + "/Units/sysusers.d/millrace.conf")).split(separator: "\n")
        let user = try #require(common.value("User", in: "Service"))
        #expect(users.contains { $0.hasPrefix("u \(user) ") })
        #expect(users.contains { $0.hasPrefix("g millrace-admin ") })
        let folders = try #require(text(of: packageRoot + "/Units/tmpfiles.d/millrace.conf")).split(separator: "\n")
        let state = try #require(common.value("StateDirectory", in: "Service"))
        let mode = try #require(common.value("StateDirectoryMode", in: "Service"))
        #expect(folders.contains { $0.hasPrefix("d /var/lib/\(state) \(mode) \(user) ") })
        #expect(folders.contains { $0.hasPrefix("d /run/millrace 0755 root root") })
        // Writable for others than root, they would be a way to start anything as the runner.
        #expect(folders.contains { $0.hasPrefix("d /etc/millrace 0755 root root") })
        #expect(folders.contains { $0.hasPrefix("d /etc/millrace/kinds.d 0755 root root") })
        #expect(folders.contains { $0.hasPrefix("d /etc/millrace/datasets.d 0755 root root") })
        #expect(folders.contains { $0.hasPrefix("d /etc/millrace/alerts.d 0755 root root") })
    }

    @Test func aCrashIsReportedInOnePlaceOnly() {
        #expect(common.words("Environment", in: "Service").contains("SWIFT_BACKTRACE=enable=no"))
    }
}
