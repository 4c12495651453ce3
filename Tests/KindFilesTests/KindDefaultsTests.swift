import KindFiles
import Testing

struct KindDefaultsTests {
    @Test func whatIsLeftOutHasTheDocumentedValues() {
        let kind = KindDefinition(name: "x", program: .outside)
        #expect(kind.key.running == 2 && kind.key.waiting == 10 && !kind.key.ordered)
        #expect(kind.retry.attempts == 3 && kind.retry.backoff == .seconds(1) && kind.retry.budget == nil)
        let command = CommandDefinition(ProcessDefinition(["/bin/true"]))
        #expect(command.outputLimit == 1_048_576 && command.grace == .seconds(10))
        #expect(command.process.inheritedEnvironment == ["PATH", "LANG", "TZ", "HOME"])
        let worker = WorkerDefinition(name: "w", process: command.process)
        #expect(worker.processes == 2 && worker.warm == 1 && worker.idle == .seconds(300))
        #expect(worker.age == .seconds(1800) && worker.ping == .seconds(10) && worker.grace == .seconds(10))
        #expect(QueueDefinition(name: "q").durability == .disk)
    }
}
