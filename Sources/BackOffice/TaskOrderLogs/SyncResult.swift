import Decimals
import JSONCodec

/// What a sync answers.
public struct SyncResult: Hashable, Sendable {
    public var month: Month
    public var batch: Int?
    public var ordersCreated = 0
    public var lineItemsCreated = 0
    /// Absent, as ever, when there was no contractor to work on.
    public var lineItemsUpdated: Int?
    public var contractorsProcessed = 0
    /// By contractor.
    public var details: [ContractorDetail] = []
    /// The contractors that are missing above, and why.
    public var errors: [ContractorFailure] = []

    public init(month: Month, batch: Int? = nil) {
        self.month = month
        self.batch = batch
    }
}

extension SyncResult: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("month", month)
            $0.member("batch", ifPresent: batch)
            $0.member("orders_created", ordersCreated)
            $0.member("line_items_created", lineItemsCreated)
            $0.member("line_items_updated", ifPresent: lineItemsUpdated)
            $0.member("contractors_processed", contractorsProcessed)
            $0.member("details", details)
            $0.member("errors", errors)
        }
    }
}

/// Whose part of a run was lost, and why.
public struct ContractorFailure: Hashable, Sendable {
    public var contractor: ContractorID
    public var error: String

    public init(contractor: ContractorID, error: String) {
        self.contractor = contractor
        self.error = error
    }
}

extension ContractorFailure: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("contractor_id", contractor)
            $0.member("error", error)
        }
    }
}

/// What a run did for one contractor.
public struct ContractorOutcome: Hashable, Sendable {
    public var ordersCreated = 0
    public var lineItemsCreated = 0
    public var lineItemsUpdated = 0
    public var detail: ContractorDetail

    public init(detail: ContractorDetail) { self.detail = detail }
}

extension ContractorOutcome: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var detail: ContractorDetail?
        var ordersCreated = 0, lineItemsCreated = 0, lineItemsUpdated = 0
        try json.object { key, json throws(JSONError) in
            switch key {
            case "orders_created": ordersCreated = try json.int()
            case "line_items_created": lineItemsCreated = try json.int()
            case "line_items_updated": lineItemsUpdated = try json.int()
            case "detail": detail = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(detail: try json.require(detail, "detail"))
        self.ordersCreated = ordersCreated
        self.lineItemsCreated = lineItemsCreated
        self.lineItemsUpdated = lineItemsUpdated
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("orders_created", ordersCreated)
            $0.member("line_items_created", lineItemsCreated)
            $0.member("line_items_updated", lineItemsUpdated)
            $0.member("detail", detail)
        }
    }
}

/// The order of one contractor, as far as the run went.
public struct ContractorDetail: Hashable, Sendable {
    public var contractor: ContractorID
    /// Nil when the contractor was skipped.
    public var order: OrderID?
    /// The hours of every project that has a deployment. One whose line could not be written counts here and is missing
    /// in ``projects``; the difference is what was lost.
    public var totalHours: Hours?
    public var updateHoursOnly: Bool
    public var skippedReason: SkippedReason?
    /// By project.
    public var projects: [ProjectDetail] = []

    public init(contractor: ContractorID, updateHoursOnly: Bool) {
        self.contractor = contractor
        self.updateHoursOnly = updateHoursOnly
    }
}

/// Why a contractor or project was passed over.
public enum SkippedReason: String, Sendable {
    case noOrder = "no_order_exists"
    case noLine = "no_line_item_exists"
    /// The entries that were there when the run was planned are gone.
    case noEntries = "no_entries"
}

extension ContractorDetail: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var contractor: ContractorID?
        var order: OrderID?, totalHours: Hours?, skippedReason: SkippedReason?
        var updateHoursOnly = false, projects: [ProjectDetail] = []
        try json.object { key, json throws(JSONError) in
            switch key {
            case "contractor_id": contractor = try json.value()
            case "order_page_id": order = try json.value()
            case "total_hours": totalHours = try json.decimal()
            case "update_hours_only": updateHoursOnly = try json.bool()
            case "skipped_reason": skippedReason = try json.value()
            case "projects": projects = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(contractor: try json.require(contractor, "contractor_id"), updateHoursOnly: updateHoursOnly)
        self.order = order
        self.totalHours = totalHours
        self.skippedReason = skippedReason
        self.projects = projects
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("contractor_id", contractor)
            $0.member("order_page_id", ifPresent: order)
            $0.member("total_hours", ifPresent: totalHours)
            $0.member("update_hours_only", updateHoursOnly)
            $0.member("skipped_reason", ifPresent: skippedReason)
            $0.member("projects", projects)
        }
    }
}

/// One line of an order, as the run left it.
public struct ProjectDetail: Hashable, Sendable {
    public var project: ProjectID
    /// Nil when the project was skipped.
    public var line: LineID?
    public var hours: Hours
    /// How many entries the hours come from; nil when the project was skipped.
    public var timesheets: Int?
    public var skippedReason: SkippedReason?

    public init(
        project: ProjectID, line: LineID? = nil, hours: Hours, timesheets: Int? = nil,
        skippedReason: SkippedReason? = nil
    ) {
        self.project = project
        self.line = line
        self.hours = hours
        self.timesheets = timesheets
        self.skippedReason = skippedReason
    }
}

extension ProjectDetail: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var project: ProjectID?, hours: Hours?
        var line: LineID?, timesheets: Int?, skippedReason: SkippedReason?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "project_id": project = try json.value()
            case "line_item_page_id": line = try json.value()
            case "hours": hours = try json.decimal()
            case "timesheets_aggregated": timesheets = try json.int()
            case "skipped_reason": skippedReason = try json.value()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            project: try json.require(project, "project_id"), line: line, hours: try json.require(hours, "hours"),
            timesheets: timesheets, skippedReason: skippedReason)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("project_id", project)
            $0.member("line_item_page_id", ifPresent: line)
            $0.member("hours", hours)
            $0.member("timesheets_aggregated", ifPresent: timesheets)
            $0.member("skipped_reason", ifPresent: skippedReason)
        }
    }
}

extension SkippedReason: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        guard let reason = SkippedReason(rawValue: try json.string()) else {
            throw json.invalid("is no reason for which something is skipped")
        }
        self = reason
    }

    public func encode(to json: inout JSONWriter) { json.string(rawValue) }
}
