import Foundation
import Glibc
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Synchronization
import Testing

/// Who leaves, who is not there, and what the others say of it.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct LeavingTests {
  private func wait(_ mesh: TLSMesh, seconds: Int = 30) throws {
    try mesh.connect(timeout: .seconds(seconds))
  }

  @Test("who gives up waiting says for whom and leaves; the others wait on and name both")
  func givenUp() async throws {
    let world = try World(listening: [true, true, true])
    let meshes = try world.meshes()
    let started = ContinuousClock.now
    let endings = await runParties([
      { @Sendable in try wait(meshes[0], seconds: 2) }, { @Sendable in try wait(meshes[1], seconds: 6) },
    ])
    #expect(started.duration(to: .now) >= .seconds(6))
    #expect(endings[0].error?.code == .timeout)
    #expect(
      endings[0].error?.message.hasPrefix("this party stopped waiting after 2 s: no link to party-2") == true,
      "\(endings[0])")
    let second = endings[1].error
    #expect(second?.code == .timeout, "\(endings[1])")
    #expect(
      second?.message.hasPrefix("this party stopped waiting after 6 s: no link to party-0, party-2") == true)
    #expect(
      second?.message.contains("party-0 stopped waiting for party-2 after 2 s and has left") == true,
      "\(endings[1])")
    #expect(second?.remedy?.contains("start party-0 again") == true)
  }

  @Test("who has met everybody waits for one that has left as long as it was told to, and no longer")
  func leftAfterMeeting() async throws {
    // Party 3 links to 0, 1 and 2 and waits for a message; party 4 does not come.
    let world = try World(listening: [true, true, true, false, false])
    let meshes = try world.meshes()
    let endings = await runParties(
      (0..<3).map { me in { @Sendable in try wait(meshes[me], seconds: 2 + 2 * me) } } + [
        { @Sendable in
          try wait(meshes[3], seconds: 9)
          do throws(ParleyError) {
            _ = try meshes[3].take(StepID.control(0), from: 0, 8)
          } catch {
            meshes[3].abort(error)
            throw error
          }
        }
      ])
    for me in 0..<3 { #expect(endings[me].error?.code == .timeout, "\(endings[me])") }
    let last = endings[3].error
    #expect(last?.code == .timeout, "\(endings[3])")
    for me in 0..<3 {
      #expect(
        last?.message.contains("party-\(me) stopped waiting for party-") == true, "\(String(describing: last))")
    }
  }

  @Test("one that stopped waiting is taken in when it is started again, and the session goes on")
  func comesBack() async throws {
    let world = try World(listening: [true, true, false])
    let meshes = try world.meshes()
    let again = try world.mesh(0)
    let endings = await runParties([
      { @Sendable in
        let first = #expect(throws: ParleyError.self) { try wait(meshes[0], seconds: 1) }
        #expect(first?.code == .timeout)
        try wait(again)
        try again.give(StepID.control(0), to: 1, [4])
        again.close()
      },
      { @Sendable in
        try wait(meshes[1])
        #expect(try meshes[1].take(StepID.control(0), from: 0, 1) == [4])
        meshes[1].close()
      },
      { @Sendable in
        Thread.sleep(forTimeInterval: 3)
        try wait(meshes[2])
        meshes[2].close()
      },
    ])
    for ending in endings { #expect(ending.isDone, "\(ending)") }
  }

  @Test("an end without a told reason names where it began, also to those who have no link to it")
  func whoBeganIt() async throws {
    let world = try World(listening: [true, true, true, false, false])
    let meshes = try world.meshes()
    let full = ParleyError(.init("state/disk-full"), "no room")
    @Sendable func follow(_ me: Int, from other: Int) throws {
      try wait(meshes[me])
      do throws(ParleyError) {
        _ = try meshes[me].take(StepID.control(0), from: other, 8)
      } catch {
        meshes[me].abort(error)
        throw error
      }
    }
    let endings = await runParties([
      { @Sendable in try follow(0, from: 3) }, { @Sendable in try follow(1, from: 3) },
      { @Sendable in try follow(2, from: 3) },
      { @Sendable in
        try wait(meshes[3])
        Thread.sleep(forTimeInterval: 1)
        meshes[3].abort(full)
      },
      // A principal without a link to party 3.
      { @Sendable in try follow(4, from: 0) },
    ])
    for me in [0, 1, 2, 4] {
      let error = endings[me].error
      #expect(error?.code == .peerAborted, "\(me): \(endings[me])")
      #expect(error?.message.hasPrefix("party-3 ended the session early") == true)
      #expect(error?.remedy?.contains("party-3's own report") == true)
      #expect(error?.place?.item == "party-3")
    }
    #expect(endings[4].error?.message.contains("says so") == true)
  }

  /// A program that is no party, at the port of one.
  enum Foreigner: String, CaseIterable, Sendable {
    case silent = "says nothing"
    case closing = "closes them without a word"
    case talking = "does not speak TLS"
  }

  @Test("another program at the port of a party is told from one that does not run", arguments: Foreigner.allCases)
  func foreignProgram(_ kind: Foreigner) async throws {
    let port = try ForeignPort(kind)
    defer { port.stop() }
    var world = try World(listening: [false, false], computingCount: 2)
    world.principals[0].endpoint = .init(host: "127.0.0.1", port: port.number)
    let mesh = try world.mesh(1)
    let endings = await runParties([{ @Sendable in try wait(mesh, seconds: 4) }])
    let error = endings[0].error
    #expect(error?.code == .timeout)
    #expect(error?.message.contains(kind.rawValue) == true, "\(endings[0])")
    #expect(error?.message.contains("perhaps another program has this port") == true)
    #expect(error?.remedy?.contains("ss -ltnp") == true)
  }
}

/// Takes calls and is no party.
private final class ForeignPort: Sendable {
  let number: Int
  private let listener: Int32
  private let isOver = Mutex(false)

  init(_ kind: LeavingTests.Foreigner) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
      guard bind(descriptor, base, length) == 0, listen(descriptor, 16) == 0 else { return -1 }
      return getsockname(descriptor, base, &length)
    }
    try #require(bound == 0)
    listener = descriptor
    number = Int(UInt16(bigEndian: address.sin_port))
    Thread { [self] in
      while !isOver.withLock({ $0 }) {
        let caller = accept(listener, nil, nil)
        guard caller >= 0 else { return }
        switch kind {
        case .silent: break
        case .closing:
          // What has come is read, so that the end is no reset.
          var bytes = [UInt8](repeating: 0, count: 1 << 16)
          _ = read(caller, &bytes, bytes.count)
          close(caller)
        case .talking:
          let words = Array("HTTP/1.0 400 Bad Request\r\n\r\n".utf8)
          _ = write(caller, words, words.count)
        }
      }
    }.start()
  }

  func stop() {
    isOver.withLock { $0 = true }
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
