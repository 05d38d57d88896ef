import ParleyBase
import ParleyNetwork
import ParleyTransport
import Testing

/// Parties on loopback with one port each, on which all their sessions are called.
struct PortWorld {
  var base: World
  let acceptors: [MeshAcceptor]

  init(parties: Int = 3, options: TransportOptions = TransportOptions()) throws {
    base = try World(listening: Array(repeating: true, count: parties), computingCount: parties)
    base.options = options
    let log = base.log
    acceptors = try zip(base.keys, base.listeners).enumerated().map { index, pair in
      try MeshAcceptor(try #require(pair.1), key: pair.0, options: options, report: { log.add(index, $0) })
    }
  }

  static func name(_ session: Int) -> [UInt8] { Array(repeating: UInt8(20 + session), count: 32) }

  /// - Parameters:
  ///   - session: every session has a study of its own unless `study` says otherwise.
  ///   - members: whose keys the study has, by party.
  func mesh(
    _ party: Int, _ session: Int, study: Int? = nil, members: [Int]? = nil, purpose: MeshPurpose = .session
  ) throws -> TLSMesh {
    let members = members ?? Array(base.principals.indices)
    let log = base.log
    return try TLSMesh(
      local: PartyIndex(try #require(members.firstIndex(of: party))),
      principals: members.map { base.principals[$0] },
      computingCount: members.count, key: base.keys[party], session: Self.name(session),
      study: Self.name(study ?? session), purpose: purpose, acceptor: acceptors[party], options: base.options,
      report: { log.add(party, $0) })
  }

  /// What a client of another hand says for a session.
  func hello(_ session: Int, as sender: Int, version: UInt32 = 2, purpose: UInt8 = 0) -> [UInt8] {
    var world = base
    world.session = Self.name(session)
    return RawHello(version: version, sender: sender, purpose: purpose).bytes(world)
  }
}
