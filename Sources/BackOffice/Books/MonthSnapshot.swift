/// The orders, lines and deployments of a run's contractors as they were at one moment, held in memory.
public struct MonthSnapshot: OrderLookups {
    struct Pair: Hashable, Sendable {
        var contractor: ContractorID
        var project: ProjectID
    }

    struct Place: Hashable, Sendable {
        var order: OrderID
        var deployment: DeploymentID
    }

    private let orders: [ContractorID: Order]
    private let deployments: [Pair: Deployment]
    private let lines: [Place: OrderLine]

    public init(orders: [Order], deployments: [Deployment], lines: [OrderLine]) {
        self.orders = Dictionary(orders.map { ($0.contractor, $0) }, uniquingKeysWith: { first, _ in first })
        self.deployments = Dictionary(
            deployments.map { (Pair(contractor: $0.contractor, project: $0.project), $0) },
            uniquingKeysWith: { first, _ in first })
        self.lines = Dictionary(
            lines.map { (Place(order: $0.order, deployment: $0.deployment), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    public func order(of contractor: ContractorID) -> Order? { orders[contractor] }

    public func deployment(of contractor: ContractorID, on project: ProjectID) -> Deployment? {
        deployments[Pair(contractor: contractor, project: project)]
    }

    public func line(of order: OrderID, for deployment: DeploymentID) -> OrderLine? {
        lines[Place(order: order, deployment: deployment)]
    }
}
