import Linux
import MillraceService

@main
enum Main {
    static func main() {
        // A batch of 10,000 takes some 50 MiB for a moment, which would stay.
        Allocator.holdTight()
        ServiceHost.run(ExpenseCategorizer.self)
    }
}
