/// Somebody whom the company pays.
public struct Contractor: Hashable, Sendable {
    public var id: ContractorID
    /// The name on the chat server; it stands in the titles of entries and orders.
    public var discord: String
    public var name: String

    public init(id: ContractorID, discord: String, name: String = "") {
        self.id = id
        self.discord = discord
        self.name = name
    }
}

/// What contractors work for.
public struct Project: Hashable, Sendable {
    public var id: ProjectID
    /// The short name; it begins the titles of entries.
    public var code: String
    public var name: String

    public init(id: ProjectID, code: String, name: String = "") {
        self.id = id
        self.code = code
        self.name = name
    }
}

/// That a contractor works for a project; there is one for each such pair.
public struct Deployment: Hashable, Sendable {
    public var id: DeploymentID
    public var contractor: ContractorID
    public var project: ProjectID
    /// `Active`, or another word of the company's.
    public var status: String

    public static let active = "Active"

    public init(id: DeploymentID, contractor: ContractorID, project: ProjectID, status: String = Deployment.active) {
        self.id = id
        self.contractor = contractor
        self.project = project
        self.status = status
    }

    /// The id of a deployment that the books make by themselves: both ids, `%` and `/` in them escaped, around a `/`.
    ///
    /// Different pairs give different ids: exactly one `/` remains, and what stands on either side reads back one way only.
    /// Books are full of such ids, so the form never changes.
    public static func derivedID(contractor: ContractorID, project: ProjectID) -> DeploymentID {
        DeploymentID(escaped(contractor.text) + "/" + escaped(project.text))
    }

    private static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result.append(contentsOf: "%25".unicodeScalars)
            case "/": result.append(contentsOf: "%2F".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
