import MillraceWorker

@main
enum Main {
    static func main() {
        WorkerHost.run(name: "example", capacity: 8, workloads: [CountWords()])
    }
}
