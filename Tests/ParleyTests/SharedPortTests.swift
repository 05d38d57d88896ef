import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyRuntime
import ParleyStudy
import ParleyTransport
import Synchronization
import Testing

/// Whole studies at the same time: every party has one process, one port and one state directory for all of them.
@Suite(.serialized, .timeLimit(.minutes(4))) struct SharedPortTests {
  private struct Job: Sendable {
    var prepared: PreparedStudy
    var name: String
    /// Ends as a killed process does once it has reached this phase.
    var victim: (party: String, phase: SessionPhase)?
  }
  private struct Outcome: Sendable {
    var ending: Participant.Ending?
    var error: ParleyError?
  }

  private let world: StatedWorld
  private let folder: String
  private let memories: [String: StateDirectory]
  private let acceptors: [MeshAcceptor]

  init() throws {
    world = try StatedWorld(.apart)
    folder = FileManager.default.temporaryDirectory.path + "/parley-port-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var memories: [String: StateDirectory] = [:]
    for name in world.names { memories[name] = try StateDirectory(path: folder + "/" + name) }
    self.memories = memories
    var acceptors: [MeshAcceptor] = []
    for name in world.names.prefix(3) {
      let acceptor = try MeshAcceptor(
        MeshListener(endpoint: .init(host: "127.0.0.1", port: 0)),
        key: try #require(world.identities[name]).signingKey)
      var keys: [[UInt8]: String] = [:]
      for (other, identity) in world.identities { keys[identity.publicIdentity.signingKey] = other }
      acceptor.admit(keys)
      acceptors.append(acceptor)
    }
    self.acceptors = acceptors
  }

  private func study(_ query: String) throws -> PreparedStudy {
    let text = StudyTests.text(.apart, queries: [query], security: MaliciousTests.security)
    return try PreparedStudy(StudyLoader.load(text: text, file: "facade.yml"))
      .withKeys(world.identities.mapValues(\.publicIdentity))
  }

  private func run(_ job: Job, as name: String) throws(ParleyError) -> Participant.Ending {
    guard let local = world.names.firstIndex(of: name), let identity = world.identities[name] else {
      throw ParleyError(.invariant, "no party of this name")
    }
    let principals = world.names.enumerated().map { index, name in
      MeshPrincipal(
        name: name, publicKey: world.identities[name]?.publicIdentity.signingKey ?? [],
        endpoint: index < 3 ? .init(host: "127.0.0.1", port: acceptors[index].port) : nil)
    }
    var options = TransportOptions()
    options.patience = .seconds(2)
    let mesh = try TLSMesh(
      local: PartyIndex(local), principals: principals, computingCount: 3, key: identity.signingKey,
      session: SessionName.hash(job.prepared.core.studyHash, Array(job.name.utf8)),
      study: job.prepared.core.studyHash, acceptor: local < 3 ? acceptors[local] : nil,
      options: options)
    try mesh.connect(timeout: .seconds(60))
    return try Participant(
      prepared: job.prepared, name: name, identity: identity, data: world.data[name] ?? [:], mode: .party,
      memory: memories[name] ?? EphemeralMemory(), job: Array(job.name.utf8)
    ).run(
      over: mesh,
      .init(log: { event in
        if case .reached(let phase) = event, job.victim?.party == name, job.victim?.phase == phase {
          mesh.vanish()
        }
      }))
  }

  /// All parties of all jobs, each on a thread.
  private func run(_ jobs: [Job]) throws -> [[String: Outcome]] {
    let outcomes = Mutex<[[String: Outcome]]>(Array(repeating: [:], count: jobs.count))
    let threads = try jobs.enumerated().flatMap { index, job in
      try world.names.map { name in
        try PartyThread(name: name) {
          var outcome = Outcome()
          do throws(ParleyError) { outcome.ending = try run(job, as: name) } catch { outcome.error = error }
          outcomes.withLock { $0[index][name] = outcome }
        }
      }
    }
    for thread in threads { thread.join() }
    return outcomes.withLock { $0 }
  }

  private func expected(_ prepared: PreparedStudy) throws -> Participant.Opened {
    try TrialRun.run(prepared.core, identities: world.identities, data: world.data, network: nil).opened
  }

  @Test func studiesAndJobsAtOnce() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let sum = world.prepared, count = try study("SELECT COUNT(*) AS n FROM patients WHERE smoker")
    let jobs = [
      Job(prepared: sum, name: "one"), Job(prepared: count, name: "one"), Job(prepared: sum, name: "two"),
    ]
    for round in 1...2 {
      let outcomes = try run(jobs)
      for (job, outcome) in zip(jobs, outcomes) {
        for name in world.names {
          let error = outcome[name]?.error ?? outcome[name]?.ending?.outcome.receiptProblem
          #expect(error == nil, "round \(round), \(job.name), \(name): \(String(describing: error))")
        }
        #expect(outcome["office"]?.ending?.outcome.output == (try expected(job.prepared)))
        #expect(Set(outcome.values.map { $0.ending?.outcome.session.id }).count == 1)
        // Several sessions share the process: what it used is nobody's.
        let reports = outcome["office"]?.ending?.outcome.receipt?.body.reports ?? []
        #expect(!reports.isEmpty && reports.allSatisfy { $0.measured.peakMemoryBytes == nil })
      }
      #expect(Set(outcomes.map { $0["c1"]?.ending?.outcome.session.id }).count == 3)
    }
    #expect(memories["c1"]?.releases.count == 2 * 2 * 3)
  }

  /// A party that vanishes in one session ends that one for all, and no other; nobody looks rolled back afterwards.
  @Test(arguments: [SessionPhase.agreed, .computed]) func oneFailsBesideOthers(phase: SessionPhase) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let sum = world.prepared, count = try study("SELECT COUNT(*) AS n FROM patients WHERE smoker")
    var jobs = [
      Job(prepared: sum, name: "one"), Job(prepared: count, name: "one", victim: ("c2", phase)),
      Job(prepared: sum, name: "two"),
    ]
    let outcomes = try run(jobs)
    for name in world.names {
      #expect(outcomes[1][name]?.error != nil, "\(name)")
      for index in [0, 2] {
        #expect(
          outcomes[index][name]?.error == nil, "\(name): \(String(describing: outcomes[index][name]?.error))")
      }
    }
    jobs[1].victim = nil
    for outcome in try run(jobs) {
      for name in world.names {
        #expect(outcome[name]?.error == nil, "\(name): \(String(describing: outcome[name]?.error))")
      }
    }
  }
}
