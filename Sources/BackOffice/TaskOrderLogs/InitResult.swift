import JSONCodec

/// What the preparation of a month is asked for.
public struct InitParameters: Hashable, Sendable {
    /// Nil: the current month, in UTC.
    public var month: Month?
    /// Part of the contractor's name on the chat server, as in ``SyncParameters/contractor``.
    public var contractor: String?

    public init(month: Month? = nil, contractor: String? = nil) {
        self.month = month
        self.contractor = contractor
    }
}

extension InitParameters: JSONDecodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var month: Month?, contractor: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "month": month = try json.value()
            case "contractor": contractor = try SyncParameters.filter(&json)?.trimmed
            default: try json.unknownParameter(key)
            }
        }
        self.init(month: month, contractor: contractor?.isEmpty == true ? nil : contractor)
    }
}

/// What the preparation did for one contractor.
public struct InitOutcome: Hashable, Sendable {
    public var month: Month
    public var contractor: ContractorID
    public var order: OrderID
    /// 0 or 1.
    public var ordersCreated = 0
    /// The deployments that got a line, by project.
    public var created: [DeploymentID] = []
    /// Deployments that had one.
    public var skipped = 0

    public init(month: Month, contractor: ContractorID, order: OrderID) {
        self.month = month
        self.contractor = contractor
        self.order = order
    }
}

extension InitOutcome: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var month: Month?, contractor: ContractorID?, order: OrderID?
        var ordersCreated = 0, created: [DeploymentID] = [], skipped = 0
        try json.object { key, json throws(JSONError) in
            switch key {
            case "month": month = try json.value()
            case "contractor_id": contractor = try json.value()
            case "order_page_id": order = try json.value()
            case "orders_created": ordersCreated = try json.int()
            case "deployments": created = try json.value()
            case "skipped": skipped = try json.int()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            month: try json.require(month, "month"), contractor: try json.require(contractor, "contractor_id"),
            order: try json.require(order, "order_page_id"))
        self.ordersCreated = ordersCreated
        self.created = created
        self.skipped = skipped
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("month", month)
            $0.member("contractor_id", contractor)
            $0.member("order_page_id", order)
            $0.member("orders_created", ordersCreated)
            $0.member("deployments", created)
            $0.member("skipped", skipped)
        }
    }
}

/// What the preparation of a month answers.
public struct InitResult: Hashable, Sendable {
    public var month: Month
    public var ordersCreated = 0
    public var lineItemsCreated = 0
    /// Those that got a line and those that had one.
    public var deploymentsProcessed = 0
    /// Deployments that had a line.
    public var skipped = 0
    /// By contractor.
    public var details: [InitOutcome] = []
    public var errors: [ContractorFailure] = []

    public init(month: Month) { self.month = month }
}

extension InitResult: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("month", month)
            $0.member("orders_created", ordersCreated)
            $0.member("line_items_created", lineItemsCreated)
            $0.member("deployments_processed", deploymentsProcessed)
            $0.member("skipped", skipped)
            $0.member("details") {
                $0.array { json in
                    for part in details {
                        json.object {
                            $0.member("contractor_id", part.contractor)
                            $0.member("order_page_id", part.order)
                            $0.member("deployments", part.created)
                            $0.member("line_items_created", part.created.count)
                            $0.member("skipped", part.skipped)
                        }
                    }
                }
            }
            $0.member("errors", errors)
        }
    }
}
