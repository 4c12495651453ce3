import Declarations

extension WorkerDefinition {
    /// All but the name.
    static func read(_ fields: DeclaredFields, name: String, _ host: ProgramHost) -> WorkerDefinition? {
        let process = ProcessDefinition.read(fields, host)
        var worker = WorkerDefinition(name: name, process: process ?? ProcessDefinition([]))
        if let processes = fields["processes"]?.integer(1...64) { worker.processes = processes }
        worker.warm = min(worker.warm, worker.processes)
        if let value = fields["warm"], let warm = value.integer(0...64) {
            if warm > worker.processes {
                value.refuse("has to be at most processes, which is \(worker.processes), not \(warm)")
            }
            worker.warm = warm
        }
        let (second, day) = (Duration.seconds(1), Duration.seconds(86_400))
        if let idle = fields["idle"]?.span(second...(day * 30)) { worker.idle = idle }
        if let age = fields["age"]?.span((second * 10)...(day * 365)) { worker.age = age }
        if let ping = fields["ping"]?.span(.milliseconds(100)...(second * 3600)) { worker.ping = ping }
        worker.capacity = fields["capacity"]?.integer(1...1000)
        if let grace = fields["grace"]?.span(.zero...(second * 3600)) { worker.grace = grace }
        return process == nil ? nil : worker
    }
}
