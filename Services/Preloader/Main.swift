import Linux
import MillraceService

@main
enum Main {
    static func main() {
        // A cache is held to bytes of memory, so what it gives back has to be given back.
        Allocator.holdTight()
        ServiceHost.run(Preloader.self)
    }
}
