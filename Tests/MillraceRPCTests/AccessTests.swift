import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

@Suite struct AccessTests {
    private let policy = AccessPolicy(group: 500, adminGroup: 600, user: 42)

    private func access(uid: UInt32, gid: UInt32 = 1, groups: [UInt32] = []) -> AccessClass? {
        policy.access(of: PeerCredentials(pid: 1, uid: uid, gid: gid, groups: groups))
    }

    @Test func rootAndTheServicesUserMayDoEverything() {
        #expect(access(uid: 0) == .admin)
        #expect(access(uid: 42) == .admin)
    }

    @Test func membersOfTheGroupsMayWhatTheirGroupMay() {
        #expect(access(uid: 7, gid: 500) == .write)
        #expect(access(uid: 7, groups: [3, 500]) == .write)
        #expect(access(uid: 7, groups: [500, 600]) == .admin)
        #expect(access(uid: 7, gid: 600) == .admin)
    }

    @Test func everyoneElseMayDoNothing() {
        #expect(access(uid: 7, groups: [501, 601]) == nil)
        #expect(AccessPolicy(user: 42).access(of: PeerCredentials(pid: 1, uid: 7, gid: 500, groups: [600])) == nil)
    }

    @Test func eachClassIncludesThoseBeforeIt() {
        let reader = Peer(credentials: nil, access: .read)
        #expect(reader.may(.read) && !reader.may(.write) && !reader.may(.admin))
        let writer = Peer(credentials: nil, access: .write)
        #expect(writer.may(.read) && writer.may(.write) && !writer.may(.admin))
        #expect(!Peer(credentials: nil, access: nil).may(.read))
    }

    @Test(arguments: [
        (AccessClass?.none, [] as [String]), (.read, ["test.echo"]), (.write, ["test.echo", "test.change"]),
        (.admin, ["test.echo", "test.change", "test.administer"]),
    ]) func methodsAreRefusedToThoseWhoMayNot(_ access: AccessClass?, _ allowed: [String]) async throws {
        let server = RPCServer(router: testRouter(), log: .silent)
        let (ours, theirs) = try UnixSocket.pair()
        _ = try await server.adopt(connected: ours, peer: Peer(credentials: .current, access: access))
        let peer = try RawPeer(theirs)
        for method in ["test.echo", "test.change", "test.administer"] {
            try peer.send(#"{"jsonrpc":"2.0","id":"\#(method)","method":"\#(method)","params":{}}"#)
            let answer = try await peer.next()
            #expect(answer["id"]?.stringValue == method)
            if allowed.contains(method) {
                #expect(answer["result"] != nil)
            } else {
                #expect(answer.errorStatus == "PERMISSION_DENIED")
                #expect(answer.errorReason == "access.denied")
            }
        }
        await server.drain(within: .zero)
    }

    @Test func aNotificationOfOneWhoMayNotIsNotCarriedOut() async throws {
        let changes = Watched(0)
        let server = RPCServer(router: testRouter(changes: changes), log: .silent)
        let (ours, theirs) = try UnixSocket.pair()
        _ = try await server.adopt(connected: ours, peer: Peer(credentials: .current, access: .read))
        let peer = try RawPeer(theirs)
        try peer.send(#"{"jsonrpc":"2.0","method":"test.change"}"#)
        try peer.send(#"{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{}}"#)
        #expect(try await peer.next()["id"] == 1)
        #expect(changes.value == 0)
        await server.drain(within: .zero)
    }

    @Test func thePeerIsWhoTheKernelSays() async throws {
        let seen = Watched<Peer?>(nil)
        var router = RPCRouter()
        router.on(Echo.self) { params, context in
            seen.update { $0 = context.peer }
            return params
        }
        try await TestServer.with(router, access: .sameUser) { test in
            _ = try await test.client().callRaw("test.echo")
            let credentials = seen.value?.credentials
            #expect(credentials?.pid == PeerCredentials.current.pid)
            #expect(credentials?.uid == PeerCredentials.current.uid)
            #expect(seen.value?.access == .admin)
        }
    }
}
