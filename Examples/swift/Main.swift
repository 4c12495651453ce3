import MillraceWorker

@main
enum Main {
    static func main() async {
        await WorkerHost.run(name: "example", capacity: 8, workloads: [CountWords()])
    }
}
