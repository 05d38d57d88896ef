import Crypto
import Foundation
import Glibc
import NIOCore
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Synchronization
import Testing

/// Parties on loopback, each with its own key, listener and thread.
struct World {
  var keys: [P256.Signing.PrivateKey]
  var listeners: [MeshListener?]
  var principals: [MeshPrincipal]
  var computingCount: Int
  var session = Array(repeating: UInt8(7), count: 32)
  var options = TransportOptions()
  let log = EventLog()

  /// `listening`: which parties have an endpoint.
  init(listening: [Bool] = [true, true, true], computingCount: Int = 3) throws {
    keys = listening.map { _ in P256.Signing.PrivateKey() }
    listeners = try listening.map { $0 ? try MeshListener(endpoint: .init(host: "127.0.0.1", port: 0)) : nil }
    principals = zip(keys, listeners).enumerated().map { index, pair in
      MeshPrincipal(
        name: "party-\(index)", publicKey: Array(pair.0.publicKey.x963Representation),
        endpoint: pair.1.map { .init(host: "127.0.0.1", port: $0.port) })
    }
    self.computingCount = computingCount
  }

  func mesh(
    _ index: Int, session: [UInt8]? = nil, study: [UInt8]? = nil, purpose: MeshPurpose = .session,
    options: TransportOptions? = nil, key: P256.Signing.PrivateKey? = nil,
    principals: [MeshPrincipal]? = nil, needsLink: ((PartyIndex, PartyIndex) -> Bool)? = nil
  ) throws -> TLSMesh {
    let log = log
    return try TLSMesh(
      local: PartyIndex(index), principals: principals ?? self.principals, computingCount: computingCount,
      key: key ?? keys[index], session: session ?? self.session, study: study, purpose: purpose,
      listener: listeners[index],
      options: options ?? self.options, needsLink: needsLink, report: { log.add(index, $0) })
  }

  func meshes() throws -> [TLSMesh] { try keys.indices.map { try mesh($0) } }
}

/// Events of all parties, for assertions.
final class EventLog: Sendable {
  private let entries = Mutex<[(Int, TransportEvent)]>([])
  func add(_ party: Int, _ event: TransportEvent) { entries.withLock { $0.append((party, event)) } }
  func codes(of party: Int) -> [ParleyError.Code] {
    entries.withLock { all in
      all.compactMap { entry in
        if entry.0 == party, case .refused(_, let error) = entry.1 { error.code } else { nil }
      }
    }
  }
  func turnedAway(by party: Int) -> Set<String> {
    entries.withLock { all in
      Set(
        all.compactMap { entry in
          if entry.0 == party, case .turnedAway(_, let reason) = entry.1 { reason } else { nil }
        })
    }
  }
  func strangers(at party: Int) -> [Int] {
    entries.withLock { all in
      all.compactMap { entry in
        if entry.0 == party, case .strangers(let count, _) = entry.1 { count } else { nil }
      }
    }
  }
  func resumed(by party: Int) -> Int {
    entries.withLock { all in
      all.filter { entry in if entry.0 == party, case .resumed = entry.1 { true } else { false } }.count
    }
  }
}

/// What a party's thread ended with.
enum Ending: Sendable {
  case done
  case failed(ParleyError)
  case other(String)
  var error: ParleyError? { if case .failed(let error) = self { error } else { nil } }
  var isDone: Bool { if case .done = self { true } else { false } }
}

/// Runs one body per party on threads of their own and waits for all without blocking the test's thread.
func runParties(_ bodies: [@Sendable () throws -> Void]) async -> [Ending] {
  await withTaskGroup(of: (Int, Ending).self) { group in
    for (index, body) in bodies.enumerated() {
      group.addTask {
        let ending = await withCheckedContinuation { (continuation: CheckedContinuation<Ending, Never>) in
          Thread {
            do {
              try body()
              continuation.resume(returning: .done)
            } catch let error as ParleyError {
              continuation.resume(returning: .failed(error))
            } catch {
              continuation.resume(returning: .other("\(error)"))
            }
          }.start()
        }
        return (index, ending)
      }
    }
    var endings = Array(repeating: Ending.other("missing"), count: bodies.count)
    for await (index, ending) in group { endings[index] = ending }
    return endings
  }
}

/// Deterministic bytes: what a message of `seed` holds.
func pattern(_ seed: UInt64, _ count: Int) -> [UInt8] {
  var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}

extension TLSMesh {
  func take(_ step: StepID, from party: Int, _ count: Int) throws(ParleyError) -> [UInt8] {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    defer { target.deallocate() }
    try receive(step: step, from: PartyIndex(party), into: target)
    return Array(target)
  }
  func give(_ step: StepID, to party: Int, _ bytes: [UInt8]) throws(ParleyError) {
    try send(step: step, to: PartyIndex(party), bytes: bytes)
  }
}
