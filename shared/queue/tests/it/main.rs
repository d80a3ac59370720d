//! The conformance suite of the queue, run over both implementations, and what only RabbitMQ can show.
//!
//! Needs `LUMI_TEST_AMQP_URL` and `LUMI_TEST_DATABASE_URL`; `scripts/test` starts both services and sets
//! them. Each test has exchanges and queues, or a database, of its own.

#[cfg(test)]
mod proxy;
#[cfg(test)]
mod rabbit;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod table;
#[cfg(test)]
mod world;

/// One test per implementation for each function of the suite.
macro_rules! conformance {
    ($($name:ident)*) => {
        #[cfg(test)]
        mod on_rabbitmq {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    let _quiet = super::world::no_alarm().await;
                    super::suite::$name(super::world::World::rabbit().await).await;
                }
            )*
        }
        #[cfg(test)]
        mod on_postgresql {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::suite::$name(super::world::World::table().await).await;
                }
            )*
        }
    };
}

conformance! {
    a_partition_keeps_its_order
    an_ack_removes_and_nothing_else_does
    what_was_not_acked_comes_back
    a_partition_has_one_reader_at_a_time
    a_publish_whose_caller_left_is_stored
    a_parked_message_comes_back_once_each_time
    what_cannot_be_parked_comes_again
    strange_messages_are_told_apart
    ten_thousand_messages_come_once_each
    an_interrupted_next_loses_nothing
    the_prefetch_bounds_what_is_held
    a_cancelled_consumer_hands_out_what_it_has
    without_its_queues_a_publisher_refuses
    depth_counts_what_waits
}
