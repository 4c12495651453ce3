import MillraceService

@main
enum Main {
    static func main() async {
        await ServiceHost.run(Metrics.self)
    }
}
