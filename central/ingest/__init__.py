"""The process that receives facts over MQTT and sends commands."""
