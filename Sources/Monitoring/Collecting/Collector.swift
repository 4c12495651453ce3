public import Linux
public import Telemetry

/// What all instances of all services have counted, out of the snapshots they publish.
///
/// It is a value without clock or I/O. Snapshots are totals, so a lost one loses nothing, and the same one twice counts once.
/// What an instance counted stays in the totals of its service when it goes: totals never fall.
public struct Collector: Sendable {
    public struct Options: Sendable, Hashable {
        /// An instance silent for so long is marked stale; its last values stay.
        public var staleAfter = Duration.seconds(45)
        /// An instance silent for so long is taken for gone: what it counted is kept, its gauges go.
        public var goneAfter = Duration.seconds(300)
        /// Instances that are there at once, 1…100,000.
        public var instances = 1000
        /// Series in a snapshot, 1…1,000,000.
        public var series = 20_000
        /// Instances of a service that are remembered after they went, in case they come back; what older ones counted is
        /// known in sum only.
        public var remembered = 64

        public init() {}
    }

    /// What became of a snapshot.
    public enum Acceptance: Sendable, Hashable {
        /// The first of an instance.
        case new
        /// The first of an instance that takes the place of another.
        case restart
        /// Newer than what was there.
        case newer
        /// Not newer than what was there: nothing changed.
        case old
    }

    public enum Refusal: Error, Sendable, Hashable {
        case instances(limit: Int)
        case series(limit: Int)
    }

    /// What has to be on disk before the publisher is answered.
    public enum Change: Sendable, Hashable {
        /// This is what is known of the instance now.
        case save(Member)
        /// The sums of a service, the named instance among them; it is known no longer by itself.
        case fold(service: String, sums: [FamilySnapshot], instance: String)
    }

    /// An instance and what it counted.
    public struct Member: Sendable, Hashable {
        public var snapshot: Snapshot
        /// Tells instances of a service that live at the same time apart: the lowest number that was free.
        public var slot: Int
        /// Whether it went; its gauges then say nothing.
        public var isGone = false

        public init(snapshot: Snapshot, slot: Int, isGone: Bool = false) {
            self.snapshot = snapshot
            self.slot = slot
            self.isGone = isGone
        }
    }

    struct Live: Sendable {
        var member: Member
        var heard: Duration
        var isStale = false
    }

    struct Service: Sendable {
        /// In the order of their slots.
        var live: [Live] = []
        var gone: [Member] = []
        var sums: [FamilySnapshot] = []
        var restarts: UInt64 = 0
        var publishes: UInt64 = 0
    }

    public let options: Options
    let began: Timestamp
    var services: [String: Service] = [:]

    /// - Parameter began: since when it counts what it counts itself.
    public init(_ options: Options = Options(), began: Timestamp = .epoch) {
        self.options = options
        self.began = began
    }

    /// As it was when its changes were last saved. Who was there has the whole time until it is stale to be heard again.
    public init(
        _ options: Options = Options(), members: [Member], sums: [String: [FamilySnapshot]], now: Duration,
        began: Timestamp = .epoch
    ) {
        self.options = options
        self.began = began
        for (service, families) in sums { services[service, default: Service()].sums = families }
        for member in members {
            let service = member.snapshot.source.service
            if member.isGone {
                services[service, default: Service()].gone.append(member)
            } else {
                services[service, default: Service()].live.append(Live(member: member, heard: now))
            }
        }
        for service in services.keys { services[service]?.live.sort { $0.member.slot < $1.member.slot } }
    }

    /// Takes a snapshot in.
    public mutating func publish(
        _ snapshot: Snapshot, now: Duration
    ) throws(Refusal) -> (acceptance: Acceptance, changes: [Change]) {
        guard snapshot.families.reduce(0, { $0 + $1.series.count }) <= options.series else {
            throw .series(limit: options.series)
        }
        let name = snapshot.source.service
        var service = services[name] ?? Service()
        service.publishes += 1
        var changes: [Change] = []
        let acceptance: Acceptance
        if let place = service.live.firstIndex(where: { $0.member.snapshot.source.instance == snapshot.source.instance }
        ) {
            service.live[place].heard = now
            service.live[place].isStale = false
            if snapshot.sequence > service.live[place].member.snapshot.sequence {
                service.live[place].member.snapshot = snapshot
                changes = [.save(service.live[place].member)]
                acceptance = .newer
            } else {
                acceptance = .old
            }
        } else if let place = service.gone.firstIndex(where: {
            $0.snapshot.source.instance == snapshot.source.instance
        }) {
            guard snapshot.sequence > service.gone[place].snapshot.sequence else {
                services[name] = service
                return (.old, [])
            }
            service.gone[place].snapshot = snapshot.counted
            if snapshot.source.isSingle, !service.live.isEmpty {
                // The last words of an instance whose successor was quicker.
                changes = [.save(service.gone[place])]
            } else {
                service.gone.remove(at: place)
                changes = [.save(service.join(snapshot, now: now))]
            }
            acceptance = .newer
        } else {
            guard services.values.reduce(0, { $0 + $1.live.count }) < options.instances else {
                throw .instances(limit: options.instances)
            }
            changes = service.makeRoom(for: snapshot, options: options)
            acceptance = changes.isEmpty ? .new : .restart
            if acceptance == .restart { service.restarts += 1 }
            changes.append(.save(service.join(snapshot, now: now)))
        }
        services[name] = service
        return (acceptance, changes)
    }

    /// An instance said that it goes; its last snapshot came before.
    public mutating func leave(service: String, instance: String) -> [Change] {
        guard let place = services[service]?.live.firstIndex(where: { $0.member.snapshot.source.instance == instance })
        else { return [] }
        return services[service]?.retire(place, options: options) ?? []
    }

    /// Marks who has been silent for long, and lets go who has been silent for very long.
    public mutating func advance(now: Duration) -> [Change] {
        var changes: [Change] = []
        for name in services.keys.sorted() {
            var service = services[name]!
            for place in service.live.indices.reversed() {
                let silence = now - service.live[place].heard
                service.live[place].isStale = silence >= options.staleAfter
                if silence >= options.goneAfter { changes += service.retire(place, options: options) }
            }
            services[name] = service
        }
        return changes
    }
}

extension Collector.Service {
    /// Puts an instance into the lowest free slot.
    mutating func join(_ snapshot: Snapshot, now: Duration) -> Collector.Member {
        var slot = 0
        while slot < live.count, live[slot].member.slot == slot { slot += 1 }
        let member = Collector.Member(snapshot: snapshot, slot: slot)
        live.insert(Collector.Live(member: member, heard: now), at: slot)
        return member
    }

    /// Lets go whose place a new instance takes: all others of a service that has but one, else one that fell silent.
    mutating func makeRoom(for snapshot: Snapshot, options: Collector.Options) -> [Collector.Change] {
        var changes: [Collector.Change] = []
        for place in live.indices.reversed() where snapshot.source.isSingle || live[place].isStale {
            changes += retire(place, options: options)
            if !snapshot.source.isSingle { break }
        }
        return changes
    }

    /// Keeps what an instance counted, without its gauges.
    mutating func retire(_ place: Int, options: Collector.Options) -> [Collector.Change] {
        var member = live.remove(at: place).member
        member.isGone = true
        member.snapshot = member.snapshot.counted
        gone.append(member)
        var changes = [Collector.Change.save(member)]
        while gone.count > options.remembered {
            let oldest = gone.removeFirst().snapshot
            fold(oldest)
            changes.append(
                .fold(service: oldest.source.service, sums: sums, instance: oldest.source.instance))
        }
        return changes
    }

    private mutating func fold(_ snapshot: Snapshot) {
        for family in snapshot.families {
            guard let place = sums.firstIndex(where: { $0.description.fits(family.description) }) else {
                sums.append(FamilySnapshot(family.description, family.series))
                continue
            }
            var places: [[String]: Int] = [:]
            for (index, series) in sums[place].series.enumerated() { places[series.labels] = index }
            for series in family.series {
                if let index = places[series.labels] {
                    let sum = sums[place].series[index].value
                    sums[place].series[index].value = sum.adding(series.value) ?? sum
                } else {
                    sums[place].series.append(series)
                }
            }
        }
    }
}

extension Snapshot {
    /// Without what says nothing once the instance is gone.
    fileprivate var counted: Snapshot {
        var counted = self
        counted.families.removeAll { ![.counter, .histogram, .distribution].contains($0.description.kind) }
        return counted
    }
}
