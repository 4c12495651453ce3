import Glibc
import KindFiles
import Linux

extension ProcessDefinition {
  /// The process as it is to be started, but for its descriptors.
  ///
  /// - Parameter own: variables that go before all that was declared.
  func launch(setting own: [String: String] = [:]) -> ChildLaunch {
    var variables = childEnvironment
    // These would make it speak to the service manager in our name.
    for name in Self.serviceManagers where environment[name] == nil { variables[name] = nil }
    var launch = ChildLaunch(
      resolvedArguments, environment: variables.merging(own) { $1 }, directory: directory ?? "/")
    launch.user = user
    launch.umask = umask
    launch.nice = nice == 0 ? nil : Int32(nice)
    launch.limits = limits.all
    launch.newSession = true
    return launch
  }

  private static let serviceManagers = [
    "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "LISTEN_PIDFDID",
    "WATCHDOG_USEC", "WATCHDOG_PID",
    "MAINPID", "INVOCATION_ID", "JOURNAL_STREAM", "CREDENTIALS_DIRECTORY",
  ]

  /// Nil when it is who we are already: then nothing has to be changed, which takes no right.
  private var user: ChildLaunch.User? {
    guard let identity, identity.uid != geteuid() || identity.gid != getegid() else { return nil }
    let groups = identity.name.map { SystemGroup.ids(ofMember: $0) } ?? []
    return ChildLaunch.User(
      id: identity.uid, group: identity.gid,
      groups: [identity.gid] + groups.filter { $0 != identity.gid })
  }
}

extension ProcessLimits {
  fileprivate var all: [ChildLaunch.Limit] {
    var all: [ChildLaunch.Limit] = []
    func add(_ resource: ChildLaunch.Limit.Resource, _ value: Int?) {
      if let value { all.append(.init(resource, UInt64(clamping: value))) }
    }
    add(.addressSpace, memory)
    add(.openFiles, openFiles)
    add(.fileSize, fileSize)
    add(.processes, processes)
    add(.core, core)
    if let cpuTime {
      // SIGXCPU at the bound, SIGKILL a second later for one that does not heed it.
      let seconds = UInt64(clamping: max(1, Int64(cpuTime.seconds.rounded(.up))))
      all.append(.init(.cpuTime, soft: seconds, hard: seconds + 1))
    }
    return all
  }
}
