import Simulators
import TestSupport

/// A web service that knows the people p0 to p999, counts its calls, and answers lists of ids.
enum People {
    /// `?ids=p1,p2` → the rows of those it knows.
    static func answer(_ call: HTTPCall) -> HTTPAnswer {
        let ids = (call.target.split(separator: "ids=").last ?? "").split(separator: ",").map(String.init)
        return .json("{\"data\":[\(ids.filter(isKnown).map(row).joined(separator: ","))]}")
    }

    static func isKnown(_ id: String) -> Bool {
        id.hasPrefix("p") && Int(id.dropFirst()).map { $0 < 1000 } == true
    }

    static func row(_ id: String) -> String { "{\"id\":\"\(id)\",\"name\":\"Name of \(id)\"}" }

    /// Its declaration; `more` are further keys, each on a line.
    static func dataset(_ simulator: HTTPSimulator, name: String = "people", _ more: String = "") -> String {
        """
        name: \(name)
        http:
          url: \(simulator.url("/people?ids={keys}"))
          items: /data
          key: /id
        \(more)
        """
    }
}
