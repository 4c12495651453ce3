import JSONCodec
import MillraceProtocol

/// Gives back its params as they came.
public enum BenchEcho: RPCMethod {
    public static let name = "bench.echo"
    public static let access = AccessClass.read
    public typealias Params = JSONRaw
    public typealias Result = JSONRaw

    /// The request as the C client sends it; `ID` stands for the number.
    public static let request = #"{"jsonrpc":"2.0","id":ID,"method":"bench.echo","params":{"text":"millrace"}}"#
}
