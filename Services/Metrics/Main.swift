import MillraceService

@main
enum Main {
    static func main() {
        ServiceHost.run(Metrics.self)
    }
}
