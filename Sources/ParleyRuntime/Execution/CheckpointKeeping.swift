package import ParleyBase
package import ParleyProgram

/// What one party has at a barrier: which registers are alive, and its shares of them.
package struct SavedRegisters: Sendable, Hashable {
  package struct Vector: Sendable, Hashable {
    package var register: Int
    /// Elements.
    package var count: Int
    package init(register: Int, count: Int) {
      self.register = register
      self.count = count
    }
  }
  package var point: BarrierPlan.Point
  /// Ascending; the shares of all words come first, in this order.
  package var arith: [Vector]
  package var planes: [Vector]
  /// What fixes the meaning of the shares, the same at all parties (``ShareFormat/publicBytes``).
  package var format: [UInt8]
  /// Secret: this party's shares, one vector after the other.
  package var shares: [UInt8]

  package init(
    point: BarrierPlan.Point, arith: [Vector], planes: [Vector], format: [UInt8], shares: [UInt8]
  ) {
    self.point = point
    self.arith = arith
    self.planes = planes
    self.format = format
    self.shares = shares
  }
}

/// What an executor does with its barriers. The session keeps checkpoints on disk and agrees on them with the other parties
/// (``CheckpointSession``); all calls come from the party's thread, in this order.
package protocol CheckpointKeeping: AnyObject {
  var barriers: BarrierPlan { get }
  /// Before the first input.
  ///
  /// - Returns: what all parties resume from; nil where the run starts from its inputs.
  func agree() throws(ParleyError) -> SavedRegisters?
  /// The parties have the registers back. Returns when those that have shares in common have found them equal.
  ///
  /// - Parameter common: by peer, what this party's shares and the peer's have in common; secret from everybody else.
  func confirm(_ common: [PartyIndex: [UInt8]]) throws(ParleyError)
  /// All so far has been verified. Returns when every computing party has the barrier on disk and knows that of the others.
  func save(_ registers: SavedRegisters, barrier: Int) throws(ParleyError)
  /// Everything has been verified, and something is about to be opened: no session is resumed from here on.
  func close() throws(ParleyError)
  /// The run has failed.
  func failed(_ error: ParleyError)
}
